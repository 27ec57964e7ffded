// The snippets of the page and of the README: compiled where their language's compiler can be had
// from npm or cargo, run in a browser where they run in one, and otherwise held against the names in
// the SDKs' sources. See `run`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import vm from 'node:vm';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { endServers, serve } from './server.mjs';

const here = import.meta.dirname;
const work = join(here, '.work');
const root = join(here, '../..');
const source = readFileSync(join(root, 'src/service/page/snippets.js'), 'utf8');
const { PLATFORMS, curl, onEmulator } = vm.runInNewContext(`${source};({ PLATFORMS, curl, onEmulator })`);
const NAMES = JSON.parse(readFileSync(join(here, 'names.json'), 'utf8'));
const URL_HERE = 'http://localhost:3000/getToken';

const ODD = 'Ünï 🚀 "q" \'s\' $x \\n {y} \u0001';
const CASES = {
  empty: [],
  demo: [['roomName', 'demo']],
  all: [
    ['roomName', ODD], ['participantName', ODD], ['participantIdentity', 'ada'],
    ['participantMetadata', '{"a":"b"}'], ['participantAttributes', { role: 'host', [ODD]: ODD }],
    ['agentName', 'my-agent'], ['agentMetadata', ODD], ['agentDeployment', 'staging'],
  ],
};

/** Every case of a platform, with and without a login. */
function* cases(platform, url = URL_HERE) {
  for (const [name, options] of Object.entries(CASES)) {
    for (const login of [false, true]) {
      yield [`${name}${login ? '_login' : ''}`, PLATFORMS[platform](url, options, login)];
    }
  }
}

function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options });
  assert.equal(status, 0, `${error ?? ''}${stdout}${stderr}`);
}

before(() => {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
});

after(endServers);

test('JavaScript, React and React Native compile against the SDKs’ own types', () => {
  for (const platform of ['JavaScript', 'React', 'React Native']) {
    for (const [name, code] of cases(platform)) {
      writeFileSync(join(work, `${platform.replace(' ', '')}_${name}.tsx`), `${code}\nexport {};\n`);
    }
  }
  writeFileSync(join(work, 'login.d.ts'), 'declare const loginToken: string;\n');
  writeFileSync(join(work, 'tsconfig.json'), JSON.stringify({
    compilerOptions: {
      strict: true, noEmit: true, skipLibCheck: true, target: 'es2023', module: 'esnext',
      moduleResolution: 'bundler', jsx: 'react-jsx', types: [], lib: ['es2023', 'dom'],
    },
    include: ['*.tsx', '*.d.ts'],
  }));
  run(join(here, 'node_modules/.bin/tsc'), ['--project', work]);
});

test('Rust compiles', () => {
  const crate = join(work, 'rust');
  mkdirSync(join(crate, 'src'), { recursive: true });
  const modules = [...cases('Rust')].map(([name, code]) => `pub mod ${name} {\n${code.replace('async fn', 'pub async fn')}\n}\n`);
  writeFileSync(join(crate, 'src/lib.rs'), modules.join(''));
  writeFileSync(join(crate, 'Cargo.toml'), '[package]\nname = "snippets"\nversion = "0.0.0"\nedition = "2024"\n'
    + '[dependencies]\nlivekit-token-source = "0.1.4"\n[workspace]\n');
  writeFileSync(join(crate, 'Cargo.lock'), readFileSync(join(root, 'tests/interop/sdks/rust/Cargo.lock')));
  const target = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'page');
  run('cargo', ['check', '--quiet'], { cwd: crate, env: { ...process.env, CARGO_TARGET_DIR: target } });
});

/** The identifiers of a snippet, without what stands in strings and comments. */
function identifiers(code) {
  const bare = code.replace(/"(?:\\.|[^"\\])*"|'[^']*'/g, '').replace(/\/\/.*/g, '');
  return bare.match(/[A-Za-z_]\w*/g);
}

for (const platform of ['Swift', 'Android', 'Flutter']) {
  test(`${platform} uses the names of LiveKit’s SDK, and its order of arguments`, () => {
    const { names, order, language, own } = NAMES[platform];
    const known = new Set([...names, ...order, ...language, ...own]);
    for (const [name, code] of cases(platform)) {
      const found = identifiers(code);
      assert.deepEqual(found.filter((word) => !known.has(word)), [], `${name}\n${code}`);
      const used = found.filter((word) => order.includes(word) && word !== 'participantToken');
      assert.deepEqual(used, order.filter((word) => used.includes(word)), code);
    }
  });
}

/** A microphone is at hand, and the user lets the page use it. */
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream'];

/** Serves an app of one script from an origin of its own. */
function host(script) {
  const server = createServer((request, response) => {
    const isScript = request.url === '/app.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><main></main><script type="module" src="/app.js"></script>');
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

/** Runs a module in a page until it opens the WebSocket of a LiveKit server, and returns the claims it sends. */
async function joins(code, token = '') {
  const entry = { contents: code, resolveDir: work, loader: 'tsx' };
  const define = { 'process.env.NODE_ENV': '"production"', loginToken: JSON.stringify(token) };
  const bundle = await build({ stdin: entry, bundle: true, write: false, format: 'esm', jsx: 'automatic', define, nodePaths: [join(here, 'node_modules')] });
  const app = await host(bundle.outputFiles[0].text);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
  try {
    const page = await browser.newPage();
    const faults = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    let opened;
    const asked = new Promise((done, fail) => {
      opened = done;
      setTimeout(() => fail(new Error(`no WebSocket within 20 s: ${faults}`)), 20_000).unref();
    });
    await page.routeWebSocket(/^ws:\/\/localhost:7880\//, (socket) => opened(socket.url()));
    await page.goto(`http://localhost:${app.address().port}/`);
    const jwt = new URL(await asked).searchParams.get('access_token');
    return JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url'));
  } finally {
    await browser.close();
    app.close();
  }
}

const MOUNTED = `${'\n'}import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
createRoot(document.querySelector('main')!).render(<StrictMode><Call /></StrictMode>);`;

for (const [platform, more] of [['JavaScript', ''], ['React', MOUNTED]]) {
  test(`${platform} gets its token from lkt and joins with it`, async () => {
    const origin = await serve();
    const code = PLATFORMS[platform](`${origin}/getToken`, CASES.all, false) + more;
    const claims = await joins(code);
    assert.equal(claims.video.room, ODD);
    assert.equal(claims.sub, 'ada');
    assert.deepEqual(claims.attributes, { role: 'host', [ODD]: ODD });
    assert.deepEqual(claims.roomConfig.agents, [{ agentName: 'my-agent', metadata: ODD, deployment: 'staging' }]);
  });

  test(`${platform} sends the login token`, async () => {
    const origin = await serve([], { LKT_AUTH_TOKEN: 'letmein' });
    const code = PLATFORMS[platform](`${origin}/getToken`, CASES.demo, true) + more;
    assert.equal((await joins(code, 'letmein')).video.room, 'demo');
  });
}

test('the README has these very snippets', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const blocks = readme.split(/^```/m).filter((_, index) => index % 2 === 1).map((block) => block.slice(block.indexOf('\n') + 1).trimEnd());
  for (const platform of Object.keys(PLATFORMS)) {
    const url = platform === 'Android' ? onEmulator(URL_HERE) : URL_HERE;
    const code = PLATFORMS[platform](url, CASES.demo, false);
    assert.ok(blocks.includes(code), `${platform}: the README lacks\n${code}`);
  }
  assert.ok(curl(URL_HERE, { room_name: 'demo' }, false).startsWith('curl '));
});
