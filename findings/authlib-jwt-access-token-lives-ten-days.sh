#!/usr/bin/env bash
# Authlib 1.9.10 (PyPI): an access token of its `JWTBearerTokenGenerator` (RFC 9068) lives ten days by default,
# as its opaque tokens do, though whoever verifies a JWT by its signature alone never asks whether it was
# withdrawn. `expires_generator` changes it.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check authlib==1.9.10 joserfc==1.8.0 flask==3.1.3

cat > try.py <<'PY'
import base64
import json
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask
from joserfc.jwk import KeySet, RSAKey
keys = KeySet([RSAKey.generate_key(2048, {"kid": "k"})])
class Client(ClientMixin):
    def get_client_id(self): return "app"
    def get_allowed_scope(self, scope): return scope
    def check_client_secret(self, secret): return secret == "s"
    def check_endpoint_auth_method(self, method, endpoint): return True
    def check_grant_type(self, grant): return True
class User:
    def get_user_id(self): return "ada"
class Password(grants.ResourceOwnerPasswordCredentialsGrant):
    def authenticate_user(self, username, password): return User()
class Generator(JWTBearerTokenGenerator):
    def get_jwks(self): return keys
app = Flask(__name__)
server = AuthorizationServer(app, query_client=lambda id: Client(), save_token=lambda token, request: None)
server.register_grant(grants.ClientCredentialsGrant)
server.register_grant(Password)
app.post("/token")(server.create_token_response)
for what, options in [("by default", {}), ("with expires_generator", {"expires_generator": lambda client, grant: 600})]:
    server.register_token_generator("default", Generator(issuer="https://id.example.com", **options))
    for form in [{"grant_type": "client_credentials"}, {"grant_type": "password", "username": "ada", "password": "p"}]:
        answer = app.test_client().post("https://localhost/token", data={**form, "scope": "call"}, auth=("app", "s"))
        payload = answer.json["access_token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        print(f"{form['grant_type']} {what}: {(claims['exp'] - claims['iat']) / 86400:.3f} days")
PY
python/bin/python try.py | tee output
diff output - <<'EXPECTED'
client_credentials by default: 10.000 days
password by default: 10.000 days
client_credentials with expires_generator: 0.007 days
password with expires_generator: 0.007 days
EXPECTED
