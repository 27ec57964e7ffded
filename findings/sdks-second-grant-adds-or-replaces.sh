#!/usr/bin/env bash
# Adding a second video grant to an `AccessToken` means three things: livekit-server-sdk 1.2.7 (npm) replaces
# the first grant, livekit-server-sdk 2.19.2 (npm) merges the two, and livekit-api 1.2.2 (PyPI) replaces the
# first and writes its own defaults. Code moved from Node to Python loses `roomJoin`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts \
  node-1@npm:livekit-server-sdk@1.2.7 node-2@npm:livekit-server-sdk@2.19.2
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check livekit-api==1.2.2 pyjwt==2.15.1

cat > try.mjs <<'JS'
for (const name of ["node-1", "node-2"]) {
  const { AccessToken } = await import(name);
  const token = new AccessToken("devkey", "a-secret-of-thirty-two-characters!", { identity: "ada" });
  token.addGrant({ roomJoin: true, room: "r" });
  token.addGrant({ canPublish: false });
  const claims = JSON.parse(Buffer.from((await token.toJwt()).split(".")[1], "base64url"));
  console.log(name, JSON.stringify(claims.video));
}
JS
cat > try.py <<'PY'
import json
import jwt
from livekit.api import AccessToken, VideoGrants
token = AccessToken("devkey", "a-secret-of-thirty-two-characters!").with_identity("ada")
token.with_grants(VideoGrants(room_join=True, room="r")).with_grants(VideoGrants(can_publish=False))
print("python", json.dumps(jwt.decode(token.to_jwt(), options={"verify_signature": False})["video"]))
PY
{ node try.mjs; python/bin/python try.py; } | tee output
diff output - <<'EXPECTED'
node-1 {"canPublish":false}
node-2 {"roomJoin":true,"room":"r","canPublish":false}
python {"canPublish": false, "canSubscribe": true, "canPublishData": true}
EXPECTED
