// What the proofs in JavaScript need; `common.py` is the same for Python.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import path from 'node:path';

export const HERE = path.resolve(import.meta.dirname, '..');
const KEY = 'APIinterop';
const SECRET = 'interop-secret-of-more-than-32-bytes';

// Says whether a proof held; the caller counts the lines: see `run`.
export async function proof(what, body) {
  try {
    await body();
    console.log(`ok      ${what}`);
  } catch (error) {
    console.log(`FAILED  ${what}: ${String(error.message ?? error).replaceAll('\n', ' ')}`);
  }
}

// `lkt serve` on a free port: its address, what it has logged so far, and its end.
export async function lktServe(flags = [], environment = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('LIVEKIT_'));
  const server = spawn(
    process.env.LKT,
    ['serve', '--listen', '127.0.0.1:0', '--log-format', 'json', '-v', ...flags],
    {
      cwd: HERE,
      env: {
        ...Object.fromEntries(kept),
        LIVEKIT_URL: 'wss://interop.example',
        LIVEKIT_API_KEY: KEY,
        LIVEKIT_API_SECRET: SECRET,
        ...environment,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const log = [];
  const file = createWriteStream(path.join(process.env.INTEROP_LOGS, `serve-${server.pid}.log`));
  const listening = new Promise((resolve, reject) => {
    server.on('exit', () => reject(new Error(`lkt serve ended: ${JSON.stringify(log)}`)));
    createInterface({ input: server.stderr }).on('line', (line) => {
      file.write(`${line}\n`);
      const entry = JSON.parse(line);
      log.push(entry);
      if (entry.listen) resolve(`http://${entry.listen}`);
    });
  });
  return { base: await listening, log, stop: () => server.kill() };
}

export function claims(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
}

export function version(name) {
  return JSON.parse(readFileSync(path.join(HERE, 'node_modules', name, 'package.json'))).version;
}

export { assert };
