// The page for guests: its size, colours, words and names for screen readers, in Chromium. See `run`.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ENGINES, until } from './engines.mjs';
import { invite, serve } from './servers.mjs';

const AXE = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
const LONG = 'Quarterly-review-with-a-name-that-has-no-space-in-it-and-does-not-end-soon-enough-for-a-phone';
const chromium = ENGINES.find(({ name }) => name === 'Chromium');

describe('the page for guests', { skip: chromium === undefined }, () => {
  let browser;
  let server;
  before(async () => {
    server = await serve();
    browser = await chromium.start();
  });
  after(async () => {
    await browser?.end();
    await server?.end();
  });

  const hidden = (page, id) => page.run((name) => document.getElementById(name).closest('[hidden]') !== null, id);
  const loaded = async (link, id = 'form') => {
    const page = await browser.open(link);
    await until(id, async () => !await hidden(page, id));
    return page;
  };

  for (const scheme of ['light', 'dark']) {
    test(`it is readable from 320 pixels on, by people and screen readers, in ${scheme}`, async () => {
      const form = invite(server.origin, '--room', 'weekly-call', '--label', LONG);
      for (const [shot, link, id] of [['form', form, 'form'], ['refused', `${server.origin}/join#lkti_x`, 'refused']]) {
        const page = await loaded(link, id);
        await page.puppeteer.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        for (const width of [320, 768, 1280]) {
          await page.puppeteer.setViewport({ width, height: 640 });
          const wide = await page.run(() => document.documentElement.scrollWidth);
          assert.ok(wide <= width, `${shot}: ${wide} at ${width}`);
        }
        await page.puppeteer.setViewport({ width: 320, height: 640 });
        await page.shot(join(process.env.SHOTS, `join-${shot}-${scheme}.png`));
        await page.run(AXE);
        const { violations } = await page.run(() => globalThis.axe.run());
        assert.deepEqual(violations.map(({ id: rule, nodes }) => [rule, nodes.map(({ html }) => html)]), []);
        await page.close();
      }
    });
  }

  test('it contacts only its own server, and stores nothing', async () => {
    const page = await browser.open('about:blank');
    const requested = [];
    page.puppeteer.on('request', (request) => requested.push(request.url()));
    await page.goto(invite(server.origin, '--room', 'demo'));
    await until('form', async () => !await hidden(page, 'form'));
    const others = requested.filter((url) => !url.startsWith(`${server.origin}/`) && !url.startsWith('data:'));
    assert.deepEqual(others, []);
    assert.ok(requested.some((url) => url === `${server.origin}/join/invitation`), requested.join('\n'));
    const kept = await page.run(() => [document.cookie, localStorage.length, sessionStorage.length]);
    assert.deepEqual(kept, ['', 0, 0]);
    await page.close();
  });

  test('the keyboard alone is enough, and a name is needed', async () => {
    const page = await loaded(invite(server.origin, '--room', 'demo'));
    const focused = () => page.run(() => document.activeElement.id);
    await page.press('Tab');
    assert.equal(await focused(), 'name');
    await page.press('Enter');
    assert.equal(await page.run(() => document.getElementById('name').validity.valueMissing), true);
    await page.press('Tab');
    assert.equal(await focused(), 'join');
    await page.close();
  });

  test('the default link opens LiveKit Meet with the server and the token', async () => {
    const page = await loaded(invite(server.origin, '--room', 'demo', '--name', 'Ada'));
    await page.puppeteer.setRequestInterception(true);
    const opened = new Promise((done) => {
      page.puppeteer.on('request', (request) => {
        if (request.url().startsWith('https://meet.livekit.io/')) {
          done(new URL(request.url()));
          request.abort();
        } else {
          request.continue();
        }
      });
    });
    await page.press('Tab');
    await page.press('Enter');
    const url = await opened;
    assert.equal(url.origin + url.pathname, 'https://meet.livekit.io/custom');
    assert.equal(url.searchParams.get('liveKitUrl'), 'ws://localhost:7880');
    const claims = JSON.parse(Buffer.from(url.searchParams.get('token').split('.')[1], 'base64url'));
    assert.deepEqual([claims.video.room, claims.name], ['demo', 'Ada']);
    await page.close();
  });

  test('a server that does not answer is reported, and can be tried again', async () => {
    const page = await loaded(invite(server.origin, '--room', 'demo'));
    await page.puppeteer.setOfflineMode(true);
    await page.run(() => document.getElementById('name').focus());
    await page.type('Ada');
    await page.press('Enter');
    await until('refused', async () => !await hidden(page, 'refused'));
    assert.match(await page.run(() => document.getElementById('refused').textContent), /did not answer/);
    await page.puppeteer.setOfflineMode(false);
    await page.run(() => document.getElementById('again').focus());
    await page.press('Enter');
    await until('form', async () => !await hidden(page, 'form'));
    await page.close();
  });
});
