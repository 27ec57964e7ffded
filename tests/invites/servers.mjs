// lkt, and an app in place of LiveKit Meet.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

const CLIENT = new URL('node_modules/livekit-client/dist/livekit-client.esm.mjs', import.meta.url);

/** What lkt prints. */
export function lkt(...args) {
  return execFileSync(process.env.LKT, args, { env: {}, encoding: 'utf8' }).trim();
}

/** An invitation of the key of `livekit-server --dev`. */
export function invite(origin, ...args) {
  return lkt('invite', '--dev', '--public-url', origin, ...args);
}

/** Starts `lkt serve --dev --invites`; its log is in `lines`. */
export async function serve(...args) {
  const listen = ['serve', '--dev', '--invites', '-v', '--listen', '127.0.0.1:0'];
  const server = spawn(process.env.LKT, [...listen, ...args], { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = [];
  const output = createInterface({ input: server.stderr });
  output.on('line', (line) => lines.push(line));
  const origin = await new Promise((done, failed) => {
    output.on('line', (line) => {
      const found = line.match(/(http:\/\/[\w.]+:\d+)\//);
      if (found) done(found[1]);
    });
    output.on('close', () => failed(new Error(`lkt serve ended: ${lines.join('\n')}`)));
  });
  return { origin, lines, end: async () => {
    server.kill();
    await once(server, 'close');
    return lines;
  } };
}

const PAGE = readFileSync(new URL('call.html', import.meta.url));

/** An app that joins a room with the token in its URL. `requests` has what browsers sent to it. */
export async function app() {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url, headers: request.headers });
    if (request.url === '/livekit-client.mjs') {
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(readFileSync(CLIENT));
    } else if (request.url.startsWith('/call')) {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(PAGE);
    } else {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { origin: `http://127.0.0.1:${server.address().port}`, requests, end: () => {
    server.closeAllConnections();
    server.close();
  } };
}

/** The participants of a room, as the LiveKit server lists them. */
export async function participants(room) {
  const server = process.env.INTEROP_LIVEKIT_URL.replace('ws://', 'http://');
  const token = lkt('mint', '--dev', '--admin', '--room', room);
  const response = await fetch(`${server}/twirp/livekit.RoomService/ListParticipants`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ room }),
  });
  const answer = await response.json();
  // A room that nobody has joined yet does not exist.
  return response.ok ? answer.participants ?? [] : [];
}
