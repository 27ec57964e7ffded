#!/usr/bin/env bash
# A `ttl` that comes from an environment variable is text. livekit-server-sdk 1.2.7 (npm) reads "3600" as
# milliseconds, and its token lives three seconds; 2.19.2 throws "Invalid time period format". The number
# 3600 means seconds in both.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts \
  node-1@npm:livekit-server-sdk@1.2.7 node-2@npm:livekit-server-sdk@2.19.2

cat > try.mjs <<'JS'
for (const name of ["node-1", "node-2"]) {
  const { AccessToken } = await import(name);
  for (const ttl of [3600, "3600", "3600s"]) {
    try {
      const token = new AccessToken("devkey", "a-secret-of-thirty-two-characters!", { identity: "ada", ttl });
      token.addGrant({ roomJoin: true, room: "r" });
      const { exp, nbf } = JSON.parse(Buffer.from((await token.toJwt()).split(".")[1], "base64url"));
      console.log(`${name} ${JSON.stringify(ttl)}: lives about ${exp - nbf < 60 ? "3 seconds" : "an hour"}`);
    } catch (error) {
      console.log(`${name} ${JSON.stringify(ttl)}: ${error.message}`);
    }
  }
}
JS
node try.mjs | tee output
diff output - <<'EXPECTED'
node-1 3600: lives about an hour
node-1 "3600": lives about 3 seconds
node-1 "3600s": lives about an hour
node-2 3600: lives about an hour
node-2 "3600": Invalid time period format
node-2 "3600s": lives about an hour
EXPECTED
