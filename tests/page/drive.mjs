// The page of `lkt serve`, used as a person would. See `run`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { get, more, open, text } from './browser.mjs';
import { serve } from './server.mjs';

const shots = process.env.SHOTS;
const PLATFORMS = ['curl', 'JavaScript', 'React', 'Swift', 'Android', 'Flutter', 'React Native', 'Rust'];

test('six fields make a token whose claims are shown', async () => {
  const origin = await serve();
  const { page, end } = await open(origin);
  await page.getByLabel('Room', { exact: true }).fill('Zimmer 🚀');
  await page.getByLabel('Identity', { exact: true }).fill('ada');
  await page.getByLabel('Name').fill('Ada "Lovelace" $x');
  await more(page);
  await page.getByLabel('Metadata').fill('{"a":1}');
  await page.getByLabel('Attributes').fill('role=host\nformula=a=b');
  await page.getByLabel('Room configuration').fill('{"agents": [{"agent_name": "my-agent"}]}');
  await get(page);
  await page.locator('#answer').waitFor();
  assert.match(await text(page, 'token'), /^[\w-]+\.[\w-]+\.[\w-]+$/);
  const claims = JSON.parse(await text(page, 'claims'));
  assert.equal(claims.video.room, 'Zimmer 🚀');
  assert.equal(claims.sub, 'ada');
  assert.equal(claims.name, 'Ada "Lovelace" $x');
  assert.equal(claims.metadata, '{"a":1}');
  assert.deepEqual(claims.attributes, { role: 'host', formula: 'a=b' });
  assert.deepEqual(claims.roomConfig, { agents: [{ agentName: 'my-agent' }] });
  assert.equal(await text(page, 'server_url'), 'ws://localhost:7880');
  assert.match(await text(page, 'expires'), /^in (10 min|9 min 5\d s) \(/);
  const meet = new URL(await page.locator('#meet').getAttribute('href'));
  assert.equal(meet.origin + meet.pathname, 'https://meet.livekit.io/custom');
  assert.equal(meet.searchParams.get('token'), await text(page, 'token'));
  assert.equal(meet.searchParams.get('liveKitUrl'), 'ws://localhost:7880');
  await end();
});

test('each platform has a snippet with what the form has', async () => {
  const origin = await serve();
  const { page, end } = await open(origin);
  await page.getByLabel('Room', { exact: true }).fill('demo');
  await more(page);
  await page.getByLabel('Attributes').fill('price=$5');
  for (const name of PLATFORMS) {
    await page.getByRole('radio', { name, exact: true }).check();
    const snippet = await text(page, 'snippet');
    const host = name === 'Android' ? origin.replace('127.0.0.1', '10.0.2.2') : origin;
    assert.ok(snippet.includes(`${host}/getToken`), snippet);
    assert.ok(snippet.includes('demo'), snippet);
    const price = ['Android', 'Flutter'].includes(name) ? '\\$5' : '$5';
    assert.ok(snippet.includes(price), snippet);
  }
  await end();
});

test('the curl line, pasted into a shell, gets a token', async () => {
  const origin = await serve();
  const { page, end } = await open(origin);
  await page.getByLabel('Room', { exact: true }).fill("it's `$HOME`");
  const line = await text(page, 'snippet');
  const shell = spawn('sh', ['-c', `${line} --silent`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let answer = '';
  for await (const part of shell.stdout) answer += part;
  const claims = JSON.parse(Buffer.from(JSON.parse(answer).participant_token.split('.')[1], 'base64url'));
  assert.equal(claims.video.room, "it's `$HOME`");
  await end();
});

test('the keyboard alone is enough, and the focus stays where it is', async () => {
  const origin = await serve();
  const { page, context, end } = await open(origin);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  const press = (...keys) => keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await press('Tab');
  assert.equal(await focused(), 'Skip to the token');
  await press('Tab', 'Enter');
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await copied(), `${origin}/getToken`);
  await press('Tab');
  assert.equal(await focused(), 'room_name');
  await page.keyboard.type('keys');
  await press('Tab', 'Tab', 'Enter');
  const identity = await page.getByLabel('Identity', { exact: true }).inputValue();
  assert.match(identity, /^user-[a-z2-9]{8}$/);
  await press('Tab', 'Tab', 'Tab');
  assert.equal(await focused(), 'Get token');
  await press('Enter');
  await page.locator('#answer').waitFor();
  assert.equal(await focused(), 'Get token');
  assert.equal(JSON.parse(await text(page, 'claims')).sub, identity);
  await press('Tab', 'Enter');
  await page.waitForFunction((token) => navigator.clipboard.readText().then((text) => text === token), await text(page, 'token'));
  await press('Tab', 'Enter');
  await page.waitForFunction(() => navigator.clipboard.readText().then((text) => text.startsWith('{')));
  assert.equal(JSON.parse(await copied()).participant_token, await text(page, 'token'));
  await press('Tab');
  assert.equal(await focused(), 'token');
  await press('Tab', 'Enter');
  await page.waitForFunction(() => navigator.clipboard.readText().then((text) => text === 'ws://localhost:7880'));
  await press('Tab');
  assert.equal(await focused(), 'meet');
  await press('Tab', 'Tab', 'ArrowRight');
  assert.match(await text(page, 'snippet'), /livekit-client/);
  const seen = await page.evaluate(() => getComputedStyle(document.activeElement.parentElement).outlineStyle);
  assert.equal(seen, 'solid');
  await press('Tab', 'Tab');
  assert.equal(await focused(), 'snippet');
  await end();
});

test('a refusal is shown once, beside the field to blame', async () => {
  const origin = await serve(['--deny', 'room_config.egress']);
  const { page, end } = await open(origin);
  for (const [label, value, said] of [
    ['Attributes', 'no equals sign', /has no =/],
    ['Room configuration', '{', /not JSON/],
    ['Room configuration', '{"agents": 1}', /agents/],
    ['Room configuration', '{"egress": {"room": {"room_name": "x"}}}', /egress/],
    ['Room', 'x'.repeat(257), /257 bytes/],
  ]) {
    const field = page.getByLabel(label, { exact: true });
    if (!await field.isVisible()) await more(page);
    await field.fill(value);
    if (label !== 'Room') await more(page);
    await get(page);
    const id = await field.getAttribute('id');
    const error = page.locator(`#${id}-error`).filter({ hasText: said });
    await error.waitFor();
    const message = await error.textContent();
    assert.equal((await page.locator('body').innerText()).split(message).length, 2, message);
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.equal(await page.evaluate(() => document.activeElement.id), id);
    await field.fill('');
  }
  await get(page);
  await page.locator('#answer').waitFor();
  assert.equal(await page.locator('[aria-invalid]').count(), 0);
  await end();
});

test('the rules of the server are shown before anything is sent', async () => {
  const origin = await serve(['--deny', 'participant_identity', '--default', 'participant_identity=user-{random}',
    '--deny', 'room_config.egress', '--require', 'participant_metadata', '--allow-room', 'team-*',
    '--default', 'room_name=team-a']);
  const { page, end } = await open(origin);
  const identity = page.getByLabel('Identity', { exact: true });
  assert.equal(await identity.isDisabled(), true);
  assert.equal(await page.getByRole('button', { name: 'Random identity' }).isDisabled(), true);
  assert.equal(await identity.getAttribute('placeholder'), 'user-{random}');
  assert.equal(await page.getByLabel('Room', { exact: true }).getAttribute('placeholder'), 'team-a');
  assert.match(await text(page, 'room_name-help'), /team-\*/);
  assert.match(await text(page, 'room_config-help'), /may not set room_config\.egress/);
  const metadata = page.getByLabel('Metadata');
  assert.equal(await metadata.isVisible(), true, 'More is open when a field in it is required');
  assert.equal(await page.locator('label[for=participant_metadata] + .required').isVisible(), true);
  await metadata.fill('x');
  await get(page);
  await page.locator('#answer').waitFor();
  assert.match(JSON.parse(await text(page, 'claims')).sub, /^user-/);
  await end();
});

test('“Get token” can be seen at 1280×800 without scrolling, a token field and all', async () => {
  const origin = await serve(['--allow-room', 'team-*'], { LKT_AUTH_TOKEN: 'letmein' });
  const { page, end } = await open(origin);
  const { y, height } = await page.getByRole('button', { name: 'Get token' }).boundingBox();
  assert.ok(y + height <= 800, `${y + height}`);
  await end();
});

test('fields that the server ignored are named as the log names them', async () => {
  const origin = await serve();
  const { page, end } = await open(origin);
  await more(page);
  await page.getByLabel('Room configuration').fill('{"agents": [{"agent_name": "a", "nmae": 1}], "tagz": {}}');
  await get(page);
  await page.locator('#ignored').waitFor();
  assert.match(await text(page, 'ignored'), /room_config\.agents\[0\]\.nmae, room_config\.tagz$/);
  await page.getByLabel('Room configuration').fill('');
  await get(page);
  await page.locator('#answer').waitFor();
  assert.equal(await page.locator('#ignored').isVisible(), false);
  await end();
});

test('times are in words, and an expired token opens no call', async () => {
  const origin = await serve();
  const { page, end } = await open(origin);
  await page.clock.install();
  await page.reload();
  await get(page);
  await page.locator('#answer').waitFor();
  const words = () => page.evaluate(() => [...document.querySelectorAll('[data-time]')].map((line) => line.dataset.words));
  assert.match((await words())[2], /^in (10 min|9 min 5\d s) \(/);
  assert.doesNotThrow(() => page.evaluate(() => JSON.parse(document.querySelector('#claims').textContent)));
  await page.clock.fastForward('11:00');
  await page.locator('#expires').filter({ hasText: /^expired (59|1 min|1 min 1?\d s)/ }).waitFor();
  assert.equal(await page.locator('#meet').getAttribute('href'), null);
  assert.equal(await page.locator('#meet').getAttribute('aria-disabled'), 'true');
  await get(page);
  await end();
});

test('a server that is gone is reported', async () => {
  const origin = await serve();
  const { page, context } = await open(origin);
  await context.route('**/getToken', (route) => route.abort());
  await get(page);
  await page.locator('[role=alert]').filter({ hasText: 'did not answer' }).waitFor();
  await context.close();
});

test('with --lan the page stays on this machine, and has the URL for phones', async () => {
  const lan = await serve(['--listen', '0.0.0.0:0', '--lan', '--allow-anonymous']);
  const { hostname, port } = new URL(lan);
  const origin = `http://localhost:${port}`;
  const { page, end } = await open(origin);
  assert.equal(await text(page, 'phones'), `http://${hostname}:${port}/getToken`);
  await get(page);
  await page.locator('#answer').waitFor();
  assert.equal(await text(page, 'server_url'), `ws://${hostname}:7880`);
  await page.getByRole('radio', { name: 'Flutter' }).check();
  assert.ok((await text(page, 'snippet')).includes(`http://${hostname}:${port}/getToken`));
  const status = (host) => new Promise((done) => {
    httpGet({ host: hostname, port, headers: { host } }, (response) => done(response.statusCode)).end();
  });
  assert.equal(await status(`${hostname}:${port}`), 404);
  assert.equal(await status(`localhost:${port}`), 404);
  await end();
});

test('a slow answer shows that it is awaited, and a changed form has no old token', async () => {
  const origin = await serve();
  const { page, context, end } = await open(origin);
  let release;
  const released = new Promise((done) => { release = done; });
  await context.route('**/getToken', async (route) => { await released; await route.continue(); });
  await get(page);
  await page.locator('#status').filter({ hasText: 'Waiting for the server' }).waitFor();
  release();
  await page.locator('#answer').waitFor();
  assert.match(await text(page, 'meet-note'), /Safari does not let one connect to ws:\/\//);
  await page.getByLabel('Room', { exact: true }).fill('other');
  assert.equal(await page.locator('#answer').isVisible(), false);
  assert.match(await text(page, 'status'), /has changed/);
  await end();
});

test('at the width of a phone, the token is brought into view', async () => {
  const origin = await serve();
  const { page, end } = await open(origin, { viewport: { width: 390, height: 800 } });
  await get(page);
  await page.locator('#answer').waitFor();
  await page.waitForFunction(() => document.querySelector('#result').getBoundingClientRect().top < 400);
  await end();
});

test('a snippet says what it leaves out', async () => {
  const origin = await serve();
  const { page, end } = await open(origin);
  await more(page);
  await page.getByRole('radio', { name: 'JavaScript', exact: true }).check();
  const config = page.getByLabel('Room configuration');
  await config.fill('{"agents": [{"agent_name": "a", "attributes": {}}, {"agent_name": "b"}], "max_participants": 2}');
  assert.match(await text(page, 'snippet-note'),
    /no option for room_config\.max_participants, room_config\.agents\[0\]\.attributes, room_config\.agents\[1\]/);
  await config.fill('{');
  assert.match(await text(page, 'snippet-note'), /without room_config/);
  await config.fill('');
  assert.equal(await text(page, 'snippet-note'), '');
  await end();
});

test('axe finds nothing', async () => {
  const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
  const origin = await serve(['--require', 'room_name'], { LKT_AUTH_TOKEN: 'letmein' });
  const { page, context } = await open(origin, { bypassCSP: true });
  const check = async () => {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]), []);
  };
  await more(page);
  await check();
  await get(page);
  await page.locator('#credential-error').filter({ hasText: 'needed' }).waitFor();
  await check();
  await page.getByLabel('Bearer token').fill('letmein');
  await page.getByLabel('Room', { exact: true }).fill('demo');
  await get(page);
  await page.locator('#answer').waitFor();
  await check();
  await context.close();
});

test('a base path is followed', async () => {
  const origin = await serve(['--base-path', '/livekit', '--path', '/t']);
  const { page, end } = await open(origin);
  await page.goto(`${origin}/livekit/`);
  await get(page);
  await page.locator('#answer').waitFor();
  assert.equal(await text(page, 'endpoint'), `${origin}/livekit/t`);
  await end();
});

/** WCAG's contrast of what is written with what it is written on, for every text that is seen. */
function lowContrasts() {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = channels(color).map((value) => value / 255)
      .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((channels(color)[3] ?? 1) === 1) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const low = [];
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!hasText || element.tagName === 'SCRIPT' || !element.checkVisibility()) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push(`${element.tagName} ${element.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return low;
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [390, 1280]) {
    test(`it can be read: ${colorScheme}, ${width} pixels`, async () => {
      const origin = await serve(['--deny', 'participant_metadata', '--require', 'room_name']);
      const { page, end } = await open(origin, { colorScheme, viewport: { width, height: 800 } });
      const shot = async (name) => {
        assert.deepEqual(await page.evaluate(lowContrasts), []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${wide} pixels stick out`);
        await page.screenshot({ path: join(shots, `${name}-${colorScheme}-${width}.png`), fullPage: true });
      };
      await more(page);
      await shot('denied');
      await page.getByLabel('Room', { exact: true }).fill('demo');
      await page.getByLabel('Identity', { exact: true }).fill('ada');
      await page.getByLabel('Attributes').fill('role=host');
      await page.getByLabel('Room configuration').fill('{"tagz": 1}');
      await get(page);
      await page.locator('#answer').waitFor();
      await page.getByRole('radio', { name: 'Swift' }).check();
      await shot('token');
      await page.getByLabel('Room', { exact: true }).fill('');
      await get(page);
      await page.locator('#room_name-error').filter({ hasText: 'missing' }).waitFor();
      await shot('refused');
      await end();
    });
  }
}
