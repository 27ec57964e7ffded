#!/usr/bin/env bash
# livekit-client 2.23.0 (npm) counts a token as expired sixty seconds before its `exp`, so
# `TokenSource.endpoint` never reuses one that lives a minute or less: each `fetch` makes a request. One that
# lives ninety seconds is reused.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts livekit-client@2.23.0 jose@6.1.0

cat > try.mjs <<'JS'
import { createServer } from "node:http";
import { SignJWT } from "jose";
import { TokenSource } from "livekit-client";
const secret = new TextEncoder().encode("a-secret-of-thirty-two-characters!");
let requests, life;
const server = createServer(async (request, response) => {
  requests += 1;
  const token = new SignJWT({ video: { roomJoin: true, room: "r" } });
  token.setProtectedHeader({ alg: "HS256" }).setSubject("ada").setNotBefore("0s").setExpirationTime(`${life}s`);
  response.writeHead(201, { "content-type": "application/json" });
  response.end(JSON.stringify({ server_url: "ws://127.0.0.1", participant_token: await token.sign(secret) }));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
for (life of [30, 60, 90]) {
  requests = 0;
  const source = TokenSource.endpoint(`http://127.0.0.1:${server.address().port}/getToken`);
  for (let fetches = 0; fetches < 3; fetches += 1) await source.fetch({ roomName: "r" });
  console.log(`${life} seconds: 3 fetches, ${requests} requests`);
}
server.close();
JS
node try.mjs | tee output
diff output - <<'EXPECTED'
30 seconds: 3 fetches, 3 requests
60 seconds: 3 fetches, 3 requests
90 seconds: 3 fetches, 1 requests
EXPECTED
