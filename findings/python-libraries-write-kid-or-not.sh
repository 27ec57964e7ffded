#!/usr/bin/env bash
# Signing with a JWK that has a `kid` puts it into the token's header with Authlib 1.6.5 (PyPI), and not with
# PyJWT 2.15.1, python-jose 3.5.0 or jwcrypto 1.6.1. joserfc 1.8.0 does both: no `kid` with the key itself, and
# the `kid` with a set that holds nothing but this key. For a key without one, the set invents the thumbprint.
# A verifier with several keys has to find the right one without a `kid` for most of them.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check \
  pyjwt==2.15.1 joserfc==1.8.0 authlib==1.6.5 python-jose==3.5.0 jwcrypto==1.6.1

cat > try.py <<'PY'
import base64
import json
import warnings
warnings.simplefilter("ignore")
import authlib.jose
import jose.jwt
import joserfc.jwt
import jwcrypto.jwk
import jwcrypto.jwt
import jwt
from joserfc.jwk import ECKey, KeySet
key = jwcrypto.jwk.JWK.generate(kty="EC", crv="P-256", kid="current", alg="ES256")
jwk = json.loads(key.export())
without_kid = {name: value for name, value in jwk.items() if name != "kid"}
header, claims = {"alg": "ES256"}, {"sub": "ada"}


def with_jwcrypto():
    token = jwcrypto.jwt.JWT(header=dict(header), claims=claims)
    token.make_signed_token(key)
    return token.serialize()


for name, token in (
    ("Authlib", authlib.jose.jwt.encode(dict(header), claims, authlib.jose.JsonWebKey.import_key(jwk)).decode()),
    ("PyJWT", jwt.encode(claims, jwt.PyJWK(jwk))),
    ("python-jose", jose.jwt.encode(claims, jwk, "ES256")),
    ("jwcrypto", with_jwcrypto()),
    ("joserfc, key", joserfc.jwt.encode(dict(header), claims, ECKey.import_key(jwk))),
    ("joserfc, set", joserfc.jwt.encode(dict(header), claims, KeySet.import_key_set({"keys": [jwk]}))),
    (
        "joserfc, set without kid",
        joserfc.jwt.encode(dict(header), claims, KeySet.import_key_set({"keys": [without_kid]})),
    ),
):
    kid = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "==")).get("kid")
    print(f"{name}: {'the thumbprint' if kid == key.thumbprint() else kid}")
PY
python/bin/python try.py | tee output
diff output - <<'EXPECTED'
Authlib: current
PyJWT: None
python-jose: None
jwcrypto: None
joserfc, key: None
joserfc, set: current
joserfc, set without kid: the thumbprint
EXPECTED
