// Firefox and WebKit, driven by their own protocols: Marionette and WebDriver. Each runs scripts in a page.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATIENCE = 60_000;

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** The first result of `attempt` that is not undefined. */
async function eventually(what, attempt) {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await pause(50)) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw new Error(`${what}: nothing within ${PATIENCE} ms`);
}

/** A page that can be opened and asked. `command` sends one of WebDriver's commands. */
function page(command, end) {
  const run = (script, ...args) => command('execute/sync', 'ExecuteScript', { script, args });
  return {
    end,
    run,
    goto: (url) => command('url', 'Navigate', { url }),
    resize: (width, height) => command('window/rect', 'SetWindowRect', { width, height }),
    until: (script) => eventually(script, async () => (await run(script)) || undefined),
  };
}

/** Marionette: `LENGTH:[0, ID, COMMAND, PARAMETERS]`, answered by `LENGTH:[1, ID, ERROR, RESULT]`. */
async function marionette(port) {
  const socket = connect(port, '127.0.0.1');
  let buffer = Buffer.alloc(0);
  const waiting = [];
  socket.on('data', (data) => {
    buffer = Buffer.concat([buffer, data]);
    for (;;) {
      const colon = buffer.indexOf(':');
      const length = Number(buffer.subarray(0, Math.max(colon, 0)));
      if (colon < 0 || buffer.length < colon + 1 + length) return;
      waiting.shift()(JSON.parse(buffer.subarray(colon + 1, colon + 1 + length)));
      buffer = buffer.subarray(colon + 1 + length);
    }
  });
  let id = 0;
  const send = (name, parameters) => new Promise((done, fail) => {
    const text = JSON.stringify([0, id += 1, name, parameters]);
    waiting.push(([, , error, result]) => error ? fail(new Error(error.message)) : done(result));
    socket.write(`${Buffer.byteLength(text)}:${text}`);
  });
  await new Promise((done) => waiting.push(done)); // the greeting
  return { send, close: () => socket.destroy() };
}

export async function firefox(program) {
  const profile = mkdtempSync(join(tmpdir(), 'lkt-firefox-'));
  const child = spawn(program, ['--headless', '--marionette', '--no-remote', '--profile', profile],
    { env: { ...process.env, HOME: profile, MOZ_MARIONETTE_PREF_STATE_ACROSS_RESTARTS: '{"marionette.port":0}' }, stdio: 'ignore' });
  const port = await eventually('the port of Marionette', () => {
    try {
      return Number(readFileSync(join(profile, 'MarionetteActivePort'), 'utf8')) || undefined;
    } catch {
      return undefined;
    }
  });
  const { send, close } = await marionette(port);
  await send('WebDriver:NewSession', {});
  return page(async (_, name, parameters) => (await send(`WebDriver:${name}`, parameters)).value, async () => {
    close();
    child.kill();
    await new Promise((done) => child.once('exit', done));
    rmSync(profile, { recursive: true, force: true });
  });
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

export async function webkit(driver, program) {
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), 'lkt-webkit-'));
  const child = spawn('xvfb-run', ['-a', driver, `--port=${port}`],
    { env: { ...process.env, HOME: home, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' }, stdio: 'ignore', detached: true });
  const send = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}/${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(value.message || value.error);
    return value;
  };
  const options = { binary: program, args: ['--automation'] };
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } };
  const { sessionId } = await eventually('WebKitWebDriver', () => send('POST', 'session', { capabilities }).catch((error) => {
    if (error instanceof TypeError) return undefined; // not there yet
    throw error;
  }));
  const session = `session/${sessionId}`;
  return page((path, _, parameters) => send('POST', `${session}/${path}`, parameters), async () => {
    await send('DELETE', session).catch(() => {});
    process.kill(-child.pid);
    await new Promise((done) => child.once('exit', done));
    rmSync(home, { recursive: true, force: true });
  });
}
