// livekit-client's token sources against `lkt serve`, in Node, Bun and Deno, and in a page that Chromium opens from
// another origin.
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { TokenSource } from 'livekit-client';
import { chromium } from 'playwright-core';
import * as scenario from '../web/scenario.js';
import { HERE, assert, claims, lktServe, proof, version } from './proof.mjs';

const { EVERYTHING } = scenario;
const BEARER = { Authorization: 'Bearer let-me-in-with-a-long-token' };

function checkEverything({ serverUrl, participantToken }) {
  const token = claims(participantToken);
  assert.equal(serverUrl, 'wss://interop.example');
  assert.equal(token.video.room, EVERYTHING.roomName);
  assert.equal(token.sub, EVERYTHING.participantIdentity);
  assert.equal(token.name, EVERYTHING.participantName);
  assert.equal(token.metadata, EVERYTHING.participantMetadata);
  assert.deepEqual(token.attributes, EVERYTHING.participantAttributes);
  const { agentName, agentMetadata: metadata, deployment } = EVERYTHING;
  assert.deepEqual(token.roomConfig, { agents: [{ agentName, metadata, deployment }] });
}

function count(server, method) {
  return server.log.filter((entry) => entry.method === method).length;
}

// The log is written after the answer: give it a moment.
const settled = () => new Promise((done) => setTimeout(done, 200));

// `run(name, ...args)` runs a part of the scenario where the client is.
async function proveAll(where, run, servers) {
  const { open, closed, short } = servers;
  await settled();
  await proof(`${where}: TokenSource.endpoint, with nothing set and with everything; a second fetch asks nobody`, async () => {
    const before = count(open, 'POST');
    const { empty, everything, again } = await run('endpoint', `${open.base}/getToken`);
    assert.equal(claims(empty.participantToken).video.room, 'quickstart-room');
    checkEverything(everything);
    assert.deepEqual(again, everything);
    await settled();
    assert.equal(count(open, 'POST') - before, 2);
  });
  await proof(`${where}: a fetch after the token's lifetime asks again`, async () => {
    const before = count(short, 'POST');
    await run('twice', `${short.base}/getToken`, 3);
    await settled();
    assert.equal(count(short, 'POST') - before, 2);
  });
  await proof(`${where}: TokenSource.endpoint with an Authorization header`, async () => {
    checkEverything((await run('endpoint', `${closed.base}/getToken`, { headers: BEARER })).everything);
  });
  await proof(`${where}: without it, the app sees status 401 and the reason`, async () => {
    assert.match(await run('refusal', `${closed.base}/getToken`), /401.*"code"/s);
  });
  await proof(`${where}: TokenSource.developmentTokenServer with its baseUrl here`, async () => {
    checkEverything(await run('development', 'interop-sandbox', open.base));
    checkEverything(await run('development', 'interop-sandbox', `${open.base}/`));
  });
}

async function proveNode(servers) {
  const run = (name, ...args) => scenario[name](TokenSource, ...args);
  await proveAll(`livekit-client ${version('livekit-client')} in Node`, run, servers);
}

// Other runtimes than Node, each in a process of its own.
const RUNTIMES = { bun: ['run'], deno: ['run', '--allow-all', '--no-remote'] };

async function proveRuntime(name, servers) {
  const program = path.join(HERE, 'node_modules/.bin', name);
  const run = async (part, ...args) => {
    const given = [...RUNTIMES[name], path.join(HERE, 'prove/runtime.mjs'), part, JSON.stringify(args)];
    const { stdout } = await promisify(execFile)(program, given, { cwd: HERE });
    return JSON.parse(stdout);
  };
  await proveAll(`livekit-client ${version('livekit-client')} in ${name} ${version(name)}`, run, servers);
}

// The built page, on an origin of its own.
async function servePage() {
  const types = { '.html': 'text/html', '.js': 'text/javascript' };
  const server = createServer(async (request, answer) => {
    const { pathname } = new URL(request.url, 'http://page');
    const file = path.join(HERE, '.work/page', pathname === '/' ? 'index.html' : path.normalize(pathname));
    const content = await readFile(file).catch(() => null);
    answer.writeHead(content ? 200 : 404, { 'Content-Type': types[path.extname(file)] ?? 'text/plain' });
    answer.end(content);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { origin: `http://localhost:${server.address().port}`, stop: () => server.close() };
}

async function proveBrowser(servers) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const page = await browser.newPage();
  const served = await servePage();
  const where = `livekit-client in Chromium ${browser.version().split('.')[0]}, from another origin`;
  const run = (name, ...args) =>
    page.evaluate(([name, args]) => window.interop.scenario[name](window.interop.TokenSource, ...args), [name, args]);
  try {
    await page.goto(served.origin);
    await proveAll(where, run, servers);
    await proof(`${where}: every fetch had its preflight`, async () => {
      await settled();
      assert.ok(count(servers.open, 'OPTIONS') > 0, 'no preflight was logged');
      assert.ok(count(servers.closed, 'OPTIONS') > 0, 'no preflight was logged');
    });
    await proof(`${where}: fetch with credentials: "include"`, async () => {
      checkEverything((await run('endpoint', `${servers.open.base}/getToken`, { credentials: 'include' })).everything);
    });
    await proof(`${where}: an origin that is not allowed gets no token`, async () => {
      const before = count(servers.foreign, 'POST');
      assert.match(await run('refusal', `${servers.foreign.base}/getToken`), /Failed to fetch/);
      await settled();
      assert.equal(count(servers.foreign, 'POST'), before);
    });
    await proveReact(page, served.origin);
  } finally {
    await browser.close();
    served.stop();
  }
}

async function proveReact(page, origin) {
  const server = await lktServe([], { LIVEKIT_URL: process.env.INTEROP_LIVEKIT_URL });
  const what = `useSession of @livekit/components-react ${version('@livekit/components-react')}, built with Vite ${version('vite')}, `;
  await proof(`${what}joins the LiveKit server and shows the room`, async () => {
    await page.goto(`${origin}/?endpoint=${encodeURIComponent(`${server.base}/getToken`)}`);
    const room = await page.locator('output').textContent({ timeout: 20_000 });
    assert.equal(room, 'react-room');
  });
  server.stop();
}

const servers = {
  open: await lktServe(['--sandbox-id', 'interop-sandbox']),
  closed: await lktServe([], { LKT_AUTH_TOKEN: 'let-me-in-with-a-long-token' }),
  // Clients count the last 60 seconds as over: good for two.
  short: await lktServe(['--ttl', '62s']),
  foreign: await lktServe(['--cors-origin', 'https://app.example']),
};
try {
  await proveNode(servers);
  for (const name of Object.keys(RUNTIMES)) await proveRuntime(name, servers);
  if (process.env.CHROMIUM) {
    await proveBrowser(servers);
  } else {
    console.log('not proven: token sources and React in a browser (there is no Chromium)');
  }
} finally {
  Object.values(servers).forEach((server) => server.stop());
}
