#!/usr/bin/env bash
# livekit-client 2.16.0 to 2.17.3 (npm) compare the options of a `fetch` the wrong way round in
# `TokenSource.endpoint`: options equal to the last ones make a new request, and different options get the
# cached answer. A `fetch` for room B after one for room A returns the token of room A, without a request.
# livekit-client 2.18.0 returns the token of room B, and caches equal options.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts \
  first@npm:livekit-client@2.16.0 last@npm:livekit-client@2.17.3 cured@npm:livekit-client@2.18.0 jose@6.1.0

cat > try.mjs <<'JS'
import { createServer } from "node:http";
import { decodeJwt, SignJWT } from "jose";
const secret = new TextEncoder().encode("a-secret-of-thirty-two-characters!");
let requests;
const server = createServer(async (request, response) => {
  requests += 1;
  let body = "";
  for await (const piece of request) body += piece;
  const token = new SignJWT({ video: { roomJoin: true, room: JSON.parse(body).room_name } });
  token.setProtectedHeader({ alg: "HS256" }).setSubject("ada").setNotBefore("0s").setExpirationTime("1h");
  response.writeHead(201, { "content-type": "application/json" });
  response.end(JSON.stringify({ server_url: "ws://127.0.0.1", participant_token: await token.sign(secret) }));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
for (const client of ["first", "last", "cured"]) {
  const { TokenSource } = await import(client);
  const source = TokenSource.endpoint(`http://127.0.0.1:${server.address().port}/getToken`);
  requests = 0;
  const rooms = [];
  for (const roomName of ["A", "A", "B"]) {
    const { participantToken } = await source.fetch({ roomName });
    rooms.push(`${roomName} gets ${decodeJwt(participantToken).video.room} (requests: ${requests})`);
  }
  console.log(`${client}: ${rooms.join(", ")}`);
}
server.close();
JS
node try.mjs | tee output
diff output - <<'EXPECTED'
first: A gets A (requests: 1), A gets A (requests: 2), B gets A (requests: 2)
last: A gets A (requests: 1), A gets A (requests: 2), B gets A (requests: 2)
cured: A gets A (requests: 1), A gets A (requests: 1), B gets B (requests: 2)
EXPECTED
