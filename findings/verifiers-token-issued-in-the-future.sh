#!/usr/bin/env bash
# RFC 7519 gives `iat` no part in the decision whether a token is valid. Some libraries still refuse one
# that lies ahead, as it does when the clock of the issuer is fast: PyJWT 2.15.1, joserfc 1.8.0 and Authlib
# 1.6.5 do, python-jose 3.5.0 and jwcrypto 1.6.1 (PyPI) and jose 6.1.0, jsonwebtoken 9.0.2 and fast-jwt 6.0.2
# (npm) do not. livekit-api 1.2.2 (PyPI) verifies with PyJWT, and livekit-server-sdk 2.19.2 (npm) with jose.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts \
  jose@6.1.0 jsonwebtoken@9.0.2 fast-jwt@6.0.2 livekit-server-sdk@2.19.2
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check \
  pyjwt==2.15.1 joserfc==1.8.0 authlib==1.6.5 python-jose==3.5.0 jwcrypto==1.6.1 livekit-api==1.2.2

cat > try.mjs <<'JS'
import { writeFileSync } from "node:fs";
import { jwtVerify, SignJWT } from "jose";
import jsonwebtoken from "jsonwebtoken";
import { createVerifier } from "fast-jwt";
import { TokenVerifier } from "livekit-server-sdk";
const secret = "a-secret-of-thirty-two-characters!";
const now = Math.floor(Date.now() / 1000);
const token = await new SignJWT({ iss: "devkey", sub: "ada", iat: now + 300, exp: now + 600 })
  .setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret));
writeFileSync("token", token);
for (const [library, verify] of [
  ["jose", () => jwtVerify(token, new TextEncoder().encode(secret))],
  ["jsonwebtoken", () => jsonwebtoken.verify(token, secret)],
  ["fast-jwt", () => createVerifier({ key: secret })(token)],
  ["livekit-server-sdk", () => new TokenVerifier("devkey", secret).verify(token)],
]) {
  try {
    await verify();
    console.log(`${library}: valid`);
  } catch (error) {
    console.log(`${library}: ${error.message}`);
  }
}
JS
cat > try.py <<'PY'
import warnings
warnings.simplefilter("ignore")
import authlib.jose
import jose.jwt
import joserfc.jwt
import jwcrypto.jwk
import jwcrypto.jwt
import jwt
from joserfc.jwk import OctKey
from livekit.api import TokenVerifier
secret = "a-secret-of-thirty-two-characters!"
with open("token") as file:
    token = file.read()


def with_joserfc():
    claims = joserfc.jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"]).claims
    joserfc.jwt.JWTClaimsRegistry().validate(claims)


for library, verify in (
    ("PyJWT", lambda: jwt.decode(token, secret, algorithms=["HS256"])),
    ("joserfc", with_joserfc),
    ("Authlib", lambda: authlib.jose.jwt.decode(token, secret).validate()),
    ("python-jose", lambda: jose.jwt.decode(token, secret, algorithms=["HS256"])),
    ("jwcrypto", lambda: jwcrypto.jwt.JWT(jwt=token, key=jwcrypto.jwk.JWK.from_password(secret), algs=["HS256"])),
    ("livekit-api", lambda: TokenVerifier("devkey", secret).verify(token)),
):
    try:
        verify()
        print(f"{library}: valid")
    except Exception as error:
        print(f"{library}: {error}")
PY
{ node try.mjs; python/bin/python try.py; } | tee output
diff output - <<'EXPECTED'
jose: valid
jsonwebtoken: valid
fast-jwt: valid
livekit-server-sdk: valid
PyJWT: The token is not yet valid (iat)
joserfc: invalid_claim: The token was issued in the future
Authlib: invalid_token: The token is not valid as it was issued in the future
python-jose: valid
jwcrypto: valid
livekit-api: The token is not yet valid (iat)
EXPECTED
