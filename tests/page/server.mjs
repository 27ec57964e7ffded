// Starts and stops `lkt serve` for the tests.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const servers = [];

/** Starts `lkt serve --dev` on a free port and returns the origin of its page. */
export async function serve(args = [], env = {}) {
  const server = spawn(process.env.LKT, ['serve', '--dev', ...(args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']), ...args],
    { env, stdio: ['ignore', 'ignore', 'pipe'] });
  servers.push(server);
  for await (const line of createInterface({ input: server.stderr })) {
    const found = line.match(/(http:\/\/[\w.]+:\d+)\//);
    if (found) {
      server.stderr.resume();
      return found[1];
    }
  }
  throw new Error('lkt serve ended');
}

export function endServers() {
  for (const server of servers) server.kill();
}
