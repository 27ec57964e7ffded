"""Tokens by PyJWT, good and forged: prints {"jwks": ..., "tokens": [[name, token, code or null], ...]}.

pyjwt.py ISSUER AUDIENCE
"""

import base64
import hmac
import json
import sys
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RSA = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
ISSUER, AUDIENCE = sys.argv[1:]
NOW = int(time.time())
CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "sub": "grace", "iat": NOW, "exp": NOW + 300}


def make_keys():
    """The private key of each algorithm, by the algorithm's name, which is its `kid` too."""
    shared = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    keys = dict.fromkeys(RSA, shared)
    keys["ES256"] = ec.generate_private_key(ec.SECP256R1())
    keys["ES384"] = ec.generate_private_key(ec.SECP384R1())
    keys["ES512"] = ec.generate_private_key(ec.SECP521R1())
    keys["EdDSA"] = ed25519.Ed25519PrivateKey.generate()
    return keys


def jwk(algorithm, key):
    described = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return described | {"kid": algorithm, "alg": algorithm, "use": "sig"}


def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def sign(key, algorithm, kid, **changes):
    return jwt.encode(CLAIMS | changes, key, algorithm, headers={"kid": kid})


def with_header(token, **changes):
    """The token under another header, which its signature is not over."""
    _, rest = token.split(".", 1)
    changed = jwt.get_unverified_header(token) | changes
    return f"{encode(json.dumps(changed).encode())}.{rest}"


def with_secret(token, secret, algorithm):
    """The token, signed anew with a public key for a secret. PyJWT itself does not do that."""
    message = with_header(token, alg=algorithm).rsplit(".", 1)[0]
    digest = algorithm.replace("HS", "sha")
    return f"{message}.{encode(hmac.digest(secret, message.encode(), digest))}"


def good(keys):
    for algorithm, key in keys.items():
        yield algorithm, sign(key, algorithm, algorithm), None
        yield f"{algorithm} without kid", jwt.encode(CLAIMS, key, algorithm), None
        yield f"{algorithm}, expired", sign(key, algorithm, algorithm, exp=NOW - 60), "token_expired"
        yield f"{algorithm} as none", with_header(sign(key, algorithm, algorithm), alg="none"), "unauthorized"


def forged(keys):
    yield "none", jwt.encode(CLAIMS, None, "none"), "unauthorized"
    for algorithm, key in keys.items():
        token = sign(key, algorithm, algorithm)
        for encoding in [Encoding.PEM, Encoding.DER]:
            public = key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
            what = f"with the public key of {algorithm}, {encoding}"
            yield f"HS256 {what}", with_secret(token, public, "HS256"), "bad_signature"
            yield f"HS512 {what}", with_secret(token, public, "HS512"), "bad_signature"
    yield "ES512 under the kid of ES384", sign(keys["ES512"], "ES512", "ES384"), "bad_signature"
    yield "another key under ES512", sign(ec.generate_private_key(ec.SECP521R1()), "ES512", "ES512"), "bad_signature"
    yield "ES256K", sign(ec.generate_private_key(ec.SECP256K1()), "ES256K", "ES256"), "unauthorized"
    own = ec.generate_private_key(ec.SECP256R1())
    yield "another key under a kid", sign(own, "ES256", "ES256"), "bad_signature"
    yield "RS256 under the kid of PS256", sign(keys["RS256"], "RS256", "PS256"), "bad_signature"
    for claim, value, code in [
        ("iss", ISSUER + "/", "wrong_issuer"),
        ("aud", "other", "wrong_audience"),
        ("nbf", NOW + 600, "token_not_yet_valid"),
        ("sub", "", "claim_denied"),
    ]:
        yield f"{claim} is {value!r}", sign(keys["EdDSA"], "EdDSA", "EdDSA", **{claim: value}), code


def main():
    keys = make_keys()
    jwks = {"keys": [jwk(algorithm, key) for algorithm, key in keys.items()]}
    print(json.dumps({"jwks": jwks, "tokens": [*good(keys), *forged(keys)]}))


if __name__ == "__main__":
    main()
