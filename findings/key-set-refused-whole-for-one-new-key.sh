#!/usr/bin/env bash
# RFC 7517, section 5: keys of a set whose type is not understood should be ignored. A provider that adds an
# ML-DSA key (`kty` AKP) to its set, or one for encryption (X25519), shows who does: joserfc 1.8.0 and PyJWT
# 2.15.1 (PyPI) and jose 6.1.0 (npm). Authlib 1.6.5 (PyPI), github.com/lestrrat-go/jwx/v3 3.0.12 and
# github.com/go-jose/go-jose/v4 4.1.3 (Go) refuse the whole set, and with it the tokens of the known key;
# go-jose does so for X25519 too.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts jose@6.1.0
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check \
  joserfc==1.8.0 pyjwt==2.15.1 authlib==1.6.5 cryptography==45.0.7

cat > sets.py <<'PY'
import json
known = {"kty": "EC", "crv": "P-256", "kid": "known", "alg": "ES256", "use": "sig",
         "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}
signing = {"kty": "AKP", "kid": "new", "alg": "ML-DSA-44", "use": "sig", "pub": "A" * 1750}
encryption = {"kty": "OKP", "crv": "X25519", "kid": "new", "use": "enc",
              "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}
for name, added in (("AKP", signing), ("X25519", encryption)):
    with open(f"{name}.json", "w") as file:
        json.dump({"keys": [known, added]}, file)
PY
cat > try.mjs <<'JS'
import { readFileSync } from "node:fs";
import { createLocalJWKSet } from "jose";
for (const name of ["AKP", "X25519"]) {
  const set = createLocalJWKSet(JSON.parse(readFileSync(`${name}.json`)));
  const verdict = await set({ alg: "ES256", kid: "known" }).then(() => "known key found", () => "set refused");
  console.log(`jose, ${name}: ${verdict}`);
}
JS
cat > try.py <<'PY'
import json
import warnings
warnings.simplefilter("ignore")
import jwt
from authlib.jose import JsonWebKey
from joserfc.jwk import KeySet
for library, find in (
    ("PyJWT", lambda keys: jwt.PyJWKSet.from_dict(keys)["known"]),
    ("joserfc", lambda keys: KeySet.import_key_set(keys).get_by_kid("known")),
    ("Authlib", lambda keys: JsonWebKey.import_key_set(keys).find_by_kid("known")),
):
    for name in ("AKP", "X25519"):
        with open(f"{name}.json") as file:
            keys = json.load(file)
        try:
            find(keys)
            print(f"{library}, {name}: known key found")
        except (ValueError, KeyError):
            print(f"{library}, {name}: set refused")
PY
cat > try.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/go-jose/go-jose/v4"
	"github.com/lestrrat-go/jwx/v3/jwk"
)

func main() {
	for _, name := range []string{"AKP", "X25519"} {
		text, err := os.ReadFile(name + ".json")
		if err != nil {
			panic(err)
		}
		_, err = jwk.Parse(text)
		fmt.Printf("jwx, %s: %s\n", name, verdict(err))
		var set jose.JSONWebKeySet
		fmt.Printf("go-jose, %s: %s\n", name, verdict(json.Unmarshal(text, &set)))
	}
}

func verdict(err error) string {
	if err != nil {
		return "set refused"
	}
	return "known key found"
}
GO
go mod init finding 2> /dev/null
go get github.com/lestrrat-go/jwx/v3/jwk@v3.0.12 github.com/go-jose/go-jose/v4@v4.1.3 2> /dev/null
python3 sets.py
{ node try.mjs; python/bin/python try.py; go run try.go; } | tee output
diff output - <<'EXPECTED'
jose, AKP: known key found
jose, X25519: known key found
PyJWT, AKP: known key found
PyJWT, X25519: known key found
joserfc, AKP: known key found
joserfc, X25519: known key found
Authlib, AKP: set refused
Authlib, X25519: known key found
jwx, AKP: set refused
go-jose, AKP: set refused
jwx, X25519: known key found
go-jose, X25519: set refused
EXPECTED
