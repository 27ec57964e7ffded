#!/usr/bin/env bash
# The `TokenVerifier` of LiveKit's SDKs tolerates different clocks by default: livekit-server-sdk 2.5.0 (npm)
# none at all, livekit-server-sdk 2.19.2 (npm) ten seconds, livekit-api 1.2.2 (PyPI) sixty. A token that
# expired half a minute ago is expired for Node and valid for Python, as is one that begins in half a minute.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts \
  node-2.5@npm:livekit-server-sdk@2.5.0 node-2.19@npm:livekit-server-sdk@2.19.2 jose@6.1.0
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check livekit-api==1.2.2 pyjwt==2.15.1

cat > try.mjs <<'JS'
import { SignJWT } from "jose";
const secret = "a-secret-of-thirty-two-characters!";
const now = Math.floor(Date.now() / 1000);
for (const name of ["node-2.5", "node-2.19"]) {
  const { TokenVerifier } = await import(name);
  for (const [kind, nbf, exp] of [
    ["expired 5 seconds ago", now - 600, now - 5],
    ["expired 30 seconds ago", now - 600, now - 30],
    ["begins in 30 seconds", now + 30, now + 600],
  ]) {
    const token = await new SignJWT({ iss: "devkey", sub: "ada", nbf, exp })
      .setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret));
    const verdict = await new TokenVerifier("devkey", secret).verify(token).then(() => "valid", () => "refused");
    console.log(`${name}: ${kind}: ${verdict}`);
  }
}
JS
cat > try.py <<'PY'
import time
import jwt
from livekit.api import TokenVerifier
secret, now = "a-secret-of-thirty-two-characters!", int(time.time())
for kind, nbf, exp in (
    ("expired 5 seconds ago", now - 600, now - 5),
    ("expired 30 seconds ago", now - 600, now - 30),
    ("begins in 30 seconds", now + 30, now + 600),
):
    token = jwt.encode({"iss": "devkey", "sub": "ada", "nbf": nbf, "exp": exp}, secret, "HS256")
    try:
        TokenVerifier("devkey", secret).verify(token)
        print(f"python: {kind}: valid")
    except jwt.InvalidTokenError:
        print(f"python: {kind}: refused")
PY
{ node try.mjs; python/bin/python try.py; } | tee output
diff output - <<'EXPECTED'
node-2.5: expired 5 seconds ago: refused
node-2.5: expired 30 seconds ago: refused
node-2.5: begins in 30 seconds: refused
node-2.19: expired 5 seconds ago: valid
node-2.19: expired 30 seconds ago: refused
node-2.19: begins in 30 seconds: refused
python: expired 5 seconds ago: valid
python: expired 30 seconds ago: valid
python: begins in 30 seconds: valid
EXPECTED
