// Three browsers with one interface: open an address, run a function in the page, type, and close.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

/** Until a condition holds, for at most 20 seconds. */
export async function until(what, condition) {
  const end = Date.now() + 20_000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Chromium or Firefox. */
async function launched(options) {
  const browser = await puppeteer.launch({ headless: true, ...options });
  return {
    async open(address) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      await page.goto(address);
      return {
        puppeteer: page,
        goto: (next) => page.goto(next),
        run: (work, ...values) => page.evaluate(work, ...values),
        type: (text) => page.keyboard.type(text),
        press: (key) => page.keyboard.press(key),
        url: async () => page.url(),
        shot: (path) => page.screenshot({ path }),
        close: () => context.close(),
      };
    },
    end: () => browser.close(),
  };
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** WebDriver's names of keys (<https://www.w3.org/TR/webdriver2/#keyboard-actions>). */
const KEYS = { Enter: '\uE007', Tab: '\uE004' };

/** WebKitGTK's small browser, through its WebDriver, on a screen of its own. */
async function webkit() {
  const directory = mkdtempSync(join(tmpdir(), 'lkt-webkit-'));
  const port = await freePort();
  // Xvfb chooses a free display and writes its number.
  const screen = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'],
    { stdio: ['ignore', 'pipe', 'ignore'] });
  const display = await new Promise((done) => { screen.stdout.once('data', (text) => done(`:${String(text).trim()}`)); });
  const env = { ...process.env, DISPLAY: display, HOME: directory, XDG_RUNTIME_DIR: directory,
    LIBGL_ALWAYS_SOFTWARE: '1', WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', GTK_A11Y: 'none', NO_AT_BRIDGE: '1' };
  const driver = spawn(process.env.WEBKIT, ['--host=127.0.0.1', `--port=${port}`], { env, stdio: 'ignore' });
  const call = async (method, path, body) => {
    const options = { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(20_000) };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, options);
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  };
  await until('WebKitWebDriver', () => call('GET', '/status').catch(() => false));
  return {
    async open(address) {
      const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': {
        binary: process.env.WEBKIT_BROWSER,
        args: ['--automation', '--private'],
      } } };
      const { sessionId } = await call('POST', '/session', { capabilities });
      const session = `/session/${sessionId}`;
      const goto = (next) => call('POST', `${session}/url`, { url: next });
      const keys = (text) => call('POST', `${session}/actions`, { actions: [{ type: 'key', id: 'keyboard',
        actions: [...text].flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]) }] });
      await goto(address);
      return {
        goto,
        run: async (work, ...values) => {
          const script = `return (async () => JSON.stringify(await (${work})(...arguments[0])))();`;
          const value = await call('POST', `${session}/execute/sync`, { script, args: [values] });
          return value === undefined || value === null ? undefined : JSON.parse(value);
        },
        type: keys,
        press: (key) => keys(KEYS[key] ?? key),
        url: () => call('GET', `${session}/url`),
        shot: async () => {},
        close: () => call('DELETE', session),
      };
    },
    async end() {
      driver.kill();
      screen.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The browsers that are installed, by name. Debian's WebKitGTK has no WebRTC. */
export const ENGINES = [
  ['Chromium', process.env.CHROMIUM, () => launched({ executablePath: process.env.CHROMIUM, args: FLAGS })],
  ['Firefox', process.env.FIREFOX, () => launched({ browser: 'firefox', executablePath: process.env.FIREFOX })],
  ['WebKitGTK', process.env.WEBKIT, webkit],
].filter(([, path]) => path).map(([name, , start]) => ({ name, start, hasWebRtc: name !== 'WebKitGTK' }));
