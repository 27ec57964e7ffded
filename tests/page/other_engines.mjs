// The page in Firefox and WebKit, at the width of a phone: what may differ from Chromium. See `run`.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { firefox, webkit } from './engines.mjs';
import { endServers, serve } from './server.mjs';

after(endServers);

const { FIREFOX, WEBKIT_DRIVER, MINIBROWSER } = process.env;
const ENGINES = {
  Firefox: { program: FIREFOX, start: () => firefox(FIREFOX) },
  WebKit: { program: MINIBROWSER, start: () => webkit(WEBKIT_DRIVER, MINIBROWSER) },
};

const FILL = `
  const [name, value] = arguments;
  const field = document.getElementById(name);
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));`;
const GET = "document.querySelector('.primary').click();";
const ANSWERED = "return !document.getElementById('answer').hidden;";
const textOf = (id) => `return document.getElementById('${id}').textContent;`;

for (const [engine, { program, start }] of Object.entries(ENGINES)) {
  const skip = program && existsSync(program) ? false : `no ${engine} here`;
  test(`${engine}: a token, a refusal beside its field, and a changed form`, { skip }, async () => {
    const origin = await serve(['--deny', 'room_config.egress']);
    const page = await start();
    try {
      await page.resize(390, 800);
      await page.goto(`${origin}/`);
      await page.run(FILL, 'room_name', 'Zimmer 🚀');
      await page.run(FILL, 'participant_identity', 'ada \u202e');
      await page.run(GET);
      await page.until(ANSWERED);
      const claims = JSON.parse(await page.run(textOf('claims')));
      assert.deepEqual([claims.video.room, claims.sub], ['Zimmer 🚀', 'ada \u202e']);
      assert.equal(await page.run(textOf('status')), 'For ada \\u202e in Zimmer 🚀');
      const top = await page.run("return document.getElementById('result').getBoundingClientRect().top;");
      assert.ok(top >= -1 && top < 400, `the token is ${top} pixels below the top`);
      const wide = await page.run('return document.documentElement.scrollWidth - innerWidth;');
      assert.ok(wide <= 0, `${wide} pixels stick out`);

      await page.run(FILL, 'room_config', '{"egress": {"room": {"room_name": "x"}}}');
      assert.equal(await page.run(ANSWERED), false, 'the token of the old form is gone');
      await page.run(GET);
      await page.until("return document.getElementById('room_config-error').textContent.includes('egress');");
      assert.equal(await page.run('return document.activeElement.id;'), 'room_config');
      await page.run(FILL, 'room_config', '');
      assert.equal(await page.run(textOf('room_config-error')), '', 'the error goes with its cause');
      await page.run(GET);
      await page.until(ANSWERED);
    } finally {
      await page.end();
    }
  });
}
