// The page of `lkt serve`, used as a person would. See `run`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const shots = process.env.SHOTS;
const PLATFORMS = ['curl', 'JavaScript', 'React', 'Swift', 'Android', 'Flutter', 'React Native', 'Rust'];
let browser;
const servers = [];

/** `lkt serve --dev` on a free port: where its page is. */
async function serve(args = [], env = {}) {
  const server = spawn(process.env.LKT, ['serve', '--dev', '--listen', '127.0.0.1:0', ...args],
    { env, stdio: ['ignore', 'ignore', 'pipe'] });
  servers.push(server);
  for await (const line of createInterface({ input: server.stderr })) {
    const found = line.match(/^listening at (http:\/\/[^/]+)/);
    if (found) {
      server.stderr.resume();
      return found[1];
    }
  }
  throw new Error('lkt serve ended');
}

/** A page that is opened, with everything noted that it may not do. */
async function open(origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) faults.push(`asked ${url}`);
  });
  page.on('console', (message) => {
    const refused = /the server responded with a status of 4/.test(message.text());
    if (!refused && ['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => {
      window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await page.goto(`${origin}/`);
  return { page, context, async end() {
    faults.push(...await page.evaluate(() => window.violations));
    assert.deepEqual(faults, []);
    await context.close();
  } };
}

const text = (page, id) => page.locator(`#${id}`).textContent();

before(async () => {
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: flags });
});

after(async () => {
  await browser?.close();
  for (const server of servers) server.kill();
});

test('six fields make a token whose claims are shown', async () => {
  const origin = await serve();
  const { page, end } = await open(origin);
  await page.getByLabel('Room', { exact: true }).fill('Zimmer 🚀');
  await page.getByLabel('Identity').fill('ada');
  await page.getByLabel('Name').fill('Ada "Lovelace" $x');
  await page.getByLabel('Metadata').fill('{"a":1}');
  await page.getByLabel('Attributes').fill('role=host\nformula=a=b');
  await page.getByLabel('Room configuration').fill('{"agents": [{"agent_name": "my-agent"}]}');
  await page.getByRole('button', { name: 'Get token' }).click();
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
  assert.match(await text(page, 'expires'), /^in (10 min 0|9 min 5\d) s/);
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

test('the keyboard alone is enough', async () => {
  const origin = await serve();
  const { page, context, end } = await open(origin);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  const press = (...keys) => keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  await press('Tab');
  assert.equal(await focused(), 'Skip to the token');
  await press('Tab');
  assert.equal(await focused(), 'room_name');
  await page.keyboard.type('keys');
  await press('Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Tab');
  assert.equal(await focused(), 'Get token');
  await press('Enter');
  await page.locator('#answer').waitFor();
  await press('Tab', 'Enter');
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, await text(page, 'token'));
  await press('Tab');
  assert.equal(await focused(), 'token');
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

test('what is refused is said beside the field', async () => {
  const origin = await serve(['--deny', 'participant_metadata']);
  const { page, end } = await open(origin);
  const send = () => page.getByRole('button', { name: 'Get token' }).click();
  for (const [label, value, said] of [
    ['Metadata', 'x', /is not for clients to set/],
    ['Attributes', 'no equals sign', /has no =/],
    ['Room configuration', '{', /not JSON/],
    ['Room configuration', '{"agents": 1}', /invalid type/],
    ['Room', 'x'.repeat(257), /257 bytes/],
  ]) {
    const field = page.getByLabel(label, { exact: true });
    await field.fill(value);
    await send();
    await page.locator('[role=alert]').filter({ hasText: said }).waitFor();
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-invalid')), 'true');
    await field.fill('');
  }
  await send();
  await page.locator('#answer').waitFor();
  assert.equal(await page.locator('[aria-invalid]').count(), 0);
  assert.equal(await page.locator('[role=alert]').isVisible(), false);
  await end();
});

test('a bearer token is asked for where one is needed', async () => {
  const origin = await serve([], { LKT_AUTH_TOKEN: 'letmein' });
  const { page, end } = await open(origin);
  await page.getByRole('button', { name: 'Get token' }).click();
  await page.locator('[role=alert]').filter({ hasText: 'not accepted' }).or(
    page.locator('[role=alert]').filter({ hasText: 'needed' })).waitFor();
  await page.getByLabel('Bearer token of this server').fill('letmein');
  await page.keyboard.press('Enter');
  await page.locator('#answer').waitFor();
  assert.match(await text(page, 'snippet'), /Authorization: Bearer \$LKT_AUTH_TOKEN/);
  await page.getByRole('radio', { name: 'Rust' }).check();
  assert.match(await text(page, 'snippet-note'), /header Authorization/);
  await end();
});

test('a base path is followed', async () => {
  const origin = await serve(['--base-path', '/livekit', '--path', '/t']);
  const { page, end } = await open(origin);
  await page.goto(`${origin}/livekit/`);
  await page.getByRole('button', { name: 'Get token' }).click();
  await page.locator('#answer').waitFor();
  assert.equal(await text(page, 'endpoint'), `POST ${origin}/livekit/t`);
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
  for (const width of [360, 1280]) {
    test(`it can be read: ${colorScheme}, ${width} pixels`, async () => {
      const origin = await serve(['--deny', 'participant_metadata']);
      const { page, end } = await open(origin, { colorScheme, viewport: { width, height: 800 } });
      const shot = (name) => page.screenshot({ path: join(shots, `${name}-${colorScheme}-${width}.png`), fullPage: true });
      await shot('empty');
      await page.getByLabel('Room', { exact: true }).fill('demo');
      await page.getByLabel('Identity').fill('ada');
      await page.getByLabel('Attributes').fill('role=host');
      await page.getByRole('button', { name: 'Get token' }).click();
      await page.locator('#answer').waitFor();
      await page.getByRole('radio', { name: 'Swift' }).check();
      assert.deepEqual(await page.evaluate(lowContrasts), []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} pixels stick out`);
      await shot('token');
      await page.getByLabel('Metadata').fill('x');
      await page.getByRole('button', { name: 'Get token' }).click();
      await page.locator('[role=alert]').filter({ hasText: 'not for clients' }).waitFor();
      assert.deepEqual(await page.evaluate(lowContrasts), []);
      await shot('refused');
      await end();
    });
  }
}
