"""Runs lkt.service with a login, as deploy/README.md says: without network.conf the keys of the issuer
cannot be fetched, and with it the login gets a token. To be run by machine.sh.
"""

import base64
import http.server
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from pair import DEPLOY, start_unit, wait_until

SETTINGS = Path("/etc/lkt/lkt.toml")
DROP_IN = Path("/etc/systemd/system/lkt.service.d/network.conf")
KEY = "/run/issuer.pem"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def keys():
    openssl("genrsa", "-out", KEY, "2048")
    modulus = openssl("rsa", "-in", KEY, "-noout", "-modulus").decode().strip().partition("=")[2]
    key = {"kty": "RSA", "kid": "1", "e": "AQAB", "n": encoded(bytes.fromhex(modulus))}
    return json.dumps({"keys": [key]}).encode()


def login(issuer):
    claims = {"iss": issuer, "sub": "ada", "aud": "my-app", "exp": int(time.time()) + 600}
    parts = [{"alg": "RS256", "kid": "1"}, claims]
    text = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    return f"{text}.{encoded(openssl('dgst', '-sha256', '-sign', KEY, data=text.encode()))}"


def issuer_of(keys):
    class Keys(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(keys)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def ask(token):
    command = ["curl", "-s", "-w", " %{http_code}", "--unix-socket", "/run/lkt/lkt.sock"]
    command += ["-H", f"Authorization: Bearer {token}", "-H", "Content-Type: application/json"]
    answer = subprocess.run([*command, "-d", "{}", "http://localhost/livekit/getToken"], capture_output=True)
    body, _, status = answer.stdout.decode().rpartition(" ")
    return status, body


def main():
    issuer = issuer_of(keys())
    lines = f'auth-issuer = "{issuer}"\nauth-jwks = "{issuer}/keys"\nauth-audience = "my-app"\n'
    SETTINGS.write_text(SETTINGS.read_text() + lines)
    token = login(issuer)
    unit = start_unit()
    status, body = ask(token)
    assert (status, json.loads(body)["code"]) == ("503", "auth_unavailable"), (status, body)
    DROP_IN.parent.mkdir(parents=True)
    DROP_IN.write_bytes((DEPLOY / "network.conf").read_bytes())
    unit.send_signal(signal.SIGHUP)
    wait_until(lambda: ask(token)[0] == "201", "a token for the login")
    unit.terminate()
    return unit.wait(10)


if __name__ == "__main__":
    sys.exit(main())
