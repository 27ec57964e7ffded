// A link of `lkt invite`, opened in each browser, ends in a room of a real LiveKit server. See `run`.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { ENGINES, until } from './engines.mjs';
import { app, invite, participants, serve } from './servers.mjs';

const text = (page, id) => page.run((name) => {
  const part = document.getElementById(name);
  return part.closest('[hidden]') === null ? part.textContent : '';
}, id);
const shown = (page, id) => until(id, () => text(page, id));

/** Every run of this many characters of a code, which must be nowhere. */
const PART = 16;

function parts(link) {
  const code = link.split('#')[1];
  return Array.from({ length: code.length - PART }, (_, at) => code.slice(at, at + PART));
}

for (const { name, start, hasWebRtc } of ENGINES) {
  describe(name, () => {
    let browser;
    let call;
    let server;
    let page;
    before(async () => {
      call = await app();
      const join = `${call.origin}/call#url={url}&token={token}`;
      server = await serve('--url', process.env.INTEROP_LIVEKIT_URL, '--join-url', join, '--base-path', '/lk');
      browser = await start();
    });
    // A browser under WebDriver has one session at a time.
    afterEach(() => page?.close());
    after(async () => {
      await browser?.end();
      call.end();
      await server.end();
    });

    /** The only participant of a room, once the app has joined it, with its media where there is WebRTC. */
    const joined = (room) => until(room, async () => {
      // No script runs in the page: one that runs while the app is loaded may never return.
      const [participant] = await participants(room);
      return (!hasWebRtc || participant?.state === 'ACTIVE') && participant;
    });

    test('a guest types a name and is in the room, with the grants of the invitation', async () => {
      const room = `weekly-${name}`;
      const link = invite(`${server.origin}/lk`, '--room', room, '--label', 'Weekly call', '--no-publish-data',
        '--allow-source', 'microphone');
      page = await browser.open(link);
      assert.equal(await shown(page, 'room'), room);
      assert.equal(await text(page, 'title'), 'Weekly call');
      await page.run(() => document.getElementById('name').focus());
      await page.type('Ada L.');
      await page.press('Enter');
      const { identity, name: chosen, permission } = await joined(room);
      assert.match(identity, /^guest-[a-z2-9]{8}$/);
      assert.equal(chosen, 'Ada L.');
      assert.equal(permission.can_publish, true);
      assert.equal(permission.can_subscribe, true);
      assert.equal(permission.can_publish_data, false);
      assert.deepEqual(permission.can_publish_sources, ['MICROPHONE']);

      // Nothing of the code is anywhere but in the link.
      for (const part of parts(link)) {
        assert.ok(!server.lines.some((line) => line.includes(part)), 'in the log of lkt');
        assert.ok(!JSON.stringify(call.requests).includes(part), 'in a request to the app');
      }
      for (const { headers } of call.requests) assert.ok(!headers.referer?.includes(server.origin), headers.referer);
    });

    test('one person joins under the name and the identity of the invitation', async () => {
      const room = `personal-${name}`;
      const link = invite(`${server.origin}/lk`, '--room', room, '--identity', 'grace', '--name', 'Grace', '--no-publish');
      page = await browser.open(link);
      assert.equal(await shown(page, 'fixed'), 'You join as Grace.');
      await page.run(() => document.getElementById('join').focus());
      await page.press('Enter');
      const participant = await joined(room);
      assert.deepEqual([participant.identity, participant.name], ['grace', 'Grace']);
      assert.equal(participant.permission.can_publish, false);
      assert.equal(participant.permission.can_subscribe, true);
    });

    test('a link that cannot be used is explained', async () => {
      const link = invite(`${server.origin}/lk`, '--room', 'demo');
      const soon = invite(`${server.origin}/lk`, '--room', 'demo', '--not-before', '4102444800', '--for', '1h');
      page = await browser.open(`${server.origin}/lk/join`);
      assert.match(await shown(page, 'refused'), /has no invitation in it/);
      for (const [address, words] of [
        [`${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`, /incomplete or was changed/],
        [link.slice(0, -10), /incomplete or was changed/],
        [`${server.origin}/lk/join#hello`, /incomplete or was changed/],
        [`${server.origin}/lk/join#${'ü'}`, /incomplete or was changed/],
        [soon, /starts on .*2100/],
      ]) {
        await page.goto('about:blank');
        await page.goto(address);
        assert.match(await shown(page, 'refused'), words);
        assert.equal(await text(page, 'title'), 'You cannot join with this link');
      }
      // The right link in the same tab: only the fragment changes.
      await page.run((code) => { location.hash = code; }, link.split('#')[1]);
      assert.equal(await shown(page, 'room'), 'demo');
    });
  });
}
