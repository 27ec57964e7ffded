#!/usr/bin/env bash
# livekit-server-sdk 2.6.0 (npm; all of 2.x up to 2.15.0) writes `nbf: 0` into each token. livekit-client
# 2.22.0 takes a token whose `nbf` is 0 for one without times, and so for one that never expires:
# `TokenSource.endpoint` goes on to return it after `exp`, and makes no second request. With the token of
# livekit-server-sdk 2.15.1, whose `nbf` is the time of minting, or with livekit-client 2.23.0, it makes one.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts \
  old-sdk@npm:livekit-server-sdk@2.6.0 new-sdk@npm:livekit-server-sdk@2.15.1 \
  old-client@npm:livekit-client@2.22.0 new-client@npm:livekit-client@2.23.0

cat > try.mjs <<'JS'
import { createServer } from "node:http";
let sdk, requests;
const server = createServer(async (request, response) => {
  requests += 1;
  const token = new sdk.AccessToken("devkey", "a-secret-of-thirty-two-characters!", { identity: "ada", ttl: 1 });
  token.addGrant({ roomJoin: true, room: "r" });
  response.writeHead(201, { "content-type": "application/json" });
  response.end(JSON.stringify({ server_url: "ws://127.0.0.1", participant_token: await token.toJwt() }));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
for (const [sdkName, clientName] of [["old-sdk", "old-client"], ["new-sdk", "old-client"], ["old-sdk", "new-client"]]) {
  sdk = await import(sdkName);
  const { TokenSource } = await import(clientName);
  requests = 0;
  const source = TokenSource.endpoint(`http://127.0.0.1:${server.address().port}/getToken`);
  const read = ({ participantToken }) => JSON.parse(Buffer.from(participantToken.split(".")[1], "base64url"));
  const first = read(await source.fetch({ roomName: "r" }));
  await new Promise((later) => setTimeout(later, 3000));
  const second = read(await source.fetch({ roomName: "r" }));
  console.log(`${sdkName} ${clientName}: nbf is 0: ${first.nbf === 0}, requests: ${requests}, expired: ${second.exp * 1000 < Date.now()}`);
}
server.close();
JS
node try.mjs | tee output
diff output - <<'EXPECTED'
old-sdk old-client: nbf is 0: true, requests: 1, expired: true
new-sdk old-client: nbf is 0: false, requests: 2, expired: false
old-sdk new-client: nbf is 0: true, requests: 2, expired: false
EXPECTED
