"""Tokens by Python's makers of logins, as a backend configures them: prints a list of makers as makers.mjs
has it.
"""

import asyncio
import base64
import json

SECRET = "a-secret-of-a-backend-that-has-more-than-the-sixty-four-bytes-of-HS512"
ALGORITHMS = ["HS256", "HS384", "HS512"]


def simplejwt():
    """Django's: no `iss`, no `sub`, and a refresh token that differs in `token_type` alone."""
    import django
    from django.conf import settings

    settings.configure(SECRET_KEY=SECRET, INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"])
    django.setup()
    from rest_framework_simplejwt.backends import TokenBackend
    from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

    for algorithm in ALGORITHMS:
        backend = TokenBackend(algorithm, SECRET)
        made = []
        for kind, code in [(AccessToken, None), (RefreshToken, "claim_denied")]:
            token = kind()
            token["user_id"] = 7
            made.append([kind.__name__, backend.encode(token.payload), code])
        yield {
            "name": f"simplejwt, {algorithm}",
            "flags": ["--auth-no-issuer", "--auth-claim", "token_type=access", "--auth-user-claim", "user_id"],
            "secret": SECRET,
            "identity": "7",
            "tokens": made,
        }


def flask_jwt_extended():
    """No `iss`, `sub` is a text, and `type` tells an access token from a refresh token."""
    from flask import Flask
    from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token

    app = Flask(__name__)
    app.config |= {"JWT_SECRET_KEY": SECRET, "JWT_ALGORITHM": "HS384"}
    JWTManager(app)
    with app.app_context():
        made = [
            ["access", create_access_token("ada"), None],
            ["refresh", create_refresh_token("ada"), "claim_denied"],
        ]
    yield {
        "name": "Flask-JWT-Extended",
        "flags": ["--auth-no-issuer", "--auth-claim", "type=access"],
        "secret": SECRET,
        "identity": "ada",
        "tokens": made,
    }


def fastapi_users():
    """No `iss`, and `aud` is a list."""
    from fastapi_users.authentication import JWTStrategy

    class Person:
        id = "0d2cbe50"

    token = asyncio.run(JWTStrategy(secret=SECRET, lifetime_seconds=300).write_token(Person()))
    yield {
        "name": "fastapi-users",
        "flags": ["--auth-no-issuer", "--auth-audience", "fastapi-users:auth"],
        "secret": SECRET,
        "identity": Person.id,
        "tokens": [["access", token, None]],
    }
    yield {
        "name": "fastapi-users, for another audience",
        "flags": ["--auth-no-issuer", "--auth-audience", "fastapi-users:verify"],
        "secret": SECRET,
        "tokens": [["access", token, "wrong_audience"]],
    }


def joserfc():
    """Every public algorithm, by the name that RFC 9864 has for EdDSA as well, with keys as JWKS and PEM."""
    import time

    from joserfc import jwt
    from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

    keys = {
        "RS256": RSAKey.generate_key(2048),
        "ES256": ECKey.generate_key("P-256"),
        "ES384": ECKey.generate_key("P-384"),
        "ES512": ECKey.generate_key("P-521"),
        "Ed25519": OKPKey.generate_key("Ed25519"),
    }
    claims = {"iss": "https://backend.example", "aud": "lkt", "sub": "ada", "exp": int(time.time()) + 300}
    tokens = [
        [name, jwt.encode({"alg": name, "kid": key.kid or key.thumbprint()}, claims, key, algorithms=[name]), None]
        for name, key in keys.items()
    ]
    for key in keys.values():
        key.ensure_kid()
    flags = ["--auth-issuer", "https://backend.example", "--auth-audience", "lkt"]
    sets = {
        "a JWKS": json.dumps(KeySet(list(keys.values())).as_dict(private=False)),
        "a list": json.dumps([key.as_dict(private=False) for key in keys.values()]),
        "PEM": "".join(key.as_pem(private=False).decode() for key in keys.values()),
    }
    for form, text in sets.items():
        yield {"name": f"joserfc, {form}", "flags": flags, "keys": text, "identity": "ada", "tokens": tokens}
    private = json.dumps(KeySet(list(keys.values())).as_dict(private=True))
    yield {"name": "joserfc, private keys", "flags": flags, "keys": private, "refused": "it is a private key"}


def main():
    makers = [*simplejwt(), *flask_jwt_extended(), *fastapi_users(), *joserfc()]
    for maker in makers:
        if "secret" in maker:
            maker["secret"] = "base64:" + base64.b64encode(maker["secret"].encode()).decode()
    print(json.dumps(makers))


if __name__ == "__main__":
    main()
