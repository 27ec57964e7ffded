#!/usr/bin/env bash
# livekit-client 2.23.0 (npm) compares the options of `TokenSource.endpoint` by value, except
# `participantAttributes`, which it compares by reference. An application that writes them inline, as
# `fetch({ participantAttributes: { team: "red" } })`, makes a request each time and caches nothing.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts livekit-client@2.23.0 jose@6.1.0

cat > try.mjs <<'JS'
import { createServer } from "node:http";
import { SignJWT } from "jose";
import { TokenSource } from "livekit-client";
const secret = new TextEncoder().encode("a-secret-of-thirty-two-characters!");
let requests;
const server = createServer(async (request, response) => {
  requests += 1;
  const token = new SignJWT({ video: { roomJoin: true, room: "r" } });
  token.setProtectedHeader({ alg: "HS256" }).setSubject("ada").setNotBefore("0s").setExpirationTime("1h");
  response.writeHead(201, { "content-type": "application/json" });
  response.end(JSON.stringify({ server_url: "ws://127.0.0.1", participant_token: await token.sign(secret) }));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const kept = { team: "red" };
for (const [name, options] of [
  ["no attributes", () => ({ roomName: "r", agentName: "helper" })],
  ["one object of attributes", () => ({ roomName: "r", participantAttributes: kept })],
  ["attributes inline", () => ({ roomName: "r", participantAttributes: { team: "red" } })],
]) {
  requests = 0;
  const source = TokenSource.endpoint(`http://127.0.0.1:${server.address().port}/getToken`);
  for (let fetches = 0; fetches < 3; fetches += 1) await source.fetch(options());
  console.log(`${name}: 3 fetches, ${requests} requests`);
}
server.close();
JS
node try.mjs | tee output
diff output - <<'EXPECTED'
no attributes: 3 fetches, 1 requests
one object of attributes: 3 fetches, 1 requests
attributes inline: 3 fetches, 3 requests
EXPECTED
