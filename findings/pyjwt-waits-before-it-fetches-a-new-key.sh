#!/usr/bin/env bash
# `PyJWKClient` of PyJWT 2.10.1 (PyPI) fetches the key set again as soon as a token names a `kid` it does not
# know. That of PyJWT 2.15.1 does so only thirty seconds after its last fetch, whatever the reason for that
# fetch: a token signed with a new key right after the rotation is refused, by the same code as before.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
cat > try.py <<'PY'
import http.server
import json
import threading
from importlib.metadata import version
from cryptography.hazmat.primitives.asymmetric import ec
import jwt
from jwt.algorithms import ECAlgorithm

requests, keys = 0, []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global requests
        requests += 1
        body = json.dumps({"keys": keys}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = jwt.PyJWKClient(f"http://127.0.0.1:{server.server_address[1]}/jwks.json")
for kid in ("old", "new"):
    private = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(ECAlgorithm.to_jwk(private.public_key()))
    keys.append({**public, "kid": kid, "alg": "ES256", "use": "sig"})
    token = jwt.encode({"sub": "ada"}, private, "ES256", headers={"kid": kid})
    try:
        jwt.decode(token, client.get_signing_key_from_jwt(token).key, algorithms=["ES256"])
        verdict = "valid"
    except jwt.PyJWKClientError:
        verdict = "refused"
    print(f"PyJWT {version('pyjwt')}: {kid} key: {verdict} (requests: {requests})")
PY
for release in 2.10.1 2.15.1; do
  python3 -m venv "python-$release"
  "python-$release/bin/pip" install --quiet --disable-pip-version-check "pyjwt==$release" cryptography==45.0.7
  "python-$release/bin/python" try.py
done | tee output
diff output - <<'EXPECTED'
PyJWT 2.10.1: old key: valid (requests: 1)
PyJWT 2.10.1: new key: valid (requests: 2)
PyJWT 2.15.1: old key: valid (requests: 1)
PyJWT 2.15.1: new key: refused (requests: 1)
EXPECTED
