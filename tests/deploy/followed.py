"""Follows docs/production.md to the letter: runs each line of its `console` blocks, in order, in one shell.

followed.py LKT: to be run by machine.sh with BARE=yes. The LiveKit server is a stand-in that knows the keys
which it is told; sudo, systemctl and editor are stand-ins too; all else is real, and the files are
those of deploy/. While the blocks under "Change it" run, clients request tokens.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

from clients import CERTIFICATE, Load
from pair import SITES, Client

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/production.md"
HOME = Path("/run/clone")
TLS = Path("/etc/lkt/tls")
SECRETS = {"APIexample": "0123456789abcdef" * 3, "APInew": "fedcba9876543210" * 3}


def blocks():
    """The console blocks of each section, by the number of the section."""
    sections = re.split(r"^## (\d)\. .*$", PAGE.read_text(), flags=re.M)
    for number, text in zip(sections[1::2], sections[2::2]):
        # What stands under a heading of its own is for those who want it; in section 6, all of it is.
        text = text if number == "6" else text.partition("\n### ")[0]
        for block in re.findall(r"^ *```console\n(.*?)^ *```$", text, re.M | re.S):
            yield int(number), [line.strip().removeprefix("$ ") for line in block.splitlines()]


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class LiveKit(http.server.BaseHTTPRequestHandler):
    """Accepts tokens of the keys that it knows, as /rtc/validate does."""

    def do_GET(self):
        token = self.headers["Authorization"].removeprefix("Bearer ") if "Authorization" in self.headers else ""
        token = token or self.path.partition("access_token=")[2].partition("&")[0]
        head, claims, signature = token.split(".")
        secret = SECRETS.get(json.loads(decoded(claims))["iss"], "")
        right = hmac.new(secret.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
        good = hmac.compare_digest(right, decoded(signature))
        self.send_response(200 if good else 401)
        self.end_headers()
        self.wfile.write(b"success" if good else b"invalid token")

    def log_message(self, *_):
        pass


class Listener(http.server.ThreadingHTTPServer):
    # nginx has 127.0.0.1.
    address_family = socket.AF_INET6


def livekit():
    server = Listener(("::1", 443), LiveKit)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, TLS / "privkey.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def stand_in(name, text):
    path = Path("/usr/local/bin") / name
    path.write_text(text)
    path.chmod(0o755)


def prepare(lkt):
    """What a reader has before the first line: a clone, a certificate, a server, and a key for it."""
    (HOME / "target/release").mkdir(parents=True)
    (HOME / "deploy").symlink_to(ROOT / "deploy")
    (HOME / "target/release/lkt").write_bytes(Path(lkt).read_bytes())
    (HOME / "target/release/lkt").chmod(0o755)
    (HOME / "my-secret").write_text(SECRETS["APIexample"])
    (HOME / "my-new-secret").write_text(SECRETS["APInew"])
    TLS.mkdir(parents=True)
    names = "DNS:tokens.example.com,DNS:livekit.example.com"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x"
    more = ["-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE"]
    keys = ["-keyout", TLS / "privkey.pem", "-out", CERTIFICATE]
    subprocess.run([*command.split(), *more, *keys], check=True, capture_output=True)
    Path("/etc/hosts").write_text("127.0.0.1 localhost tokens.example.com\n::1 livekit.example.com\n")
    for folder in ("/etc/sysusers.d", "/etc/nginx", "/etc/systemd/system"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    stand_in("sudo", '#!/bin/sh\nexec "$@"\n')
    stand_in("cargo", "#!/bin/sh\n# The program is built already.\n")
    # At the first time, the settings of the example are right; at the second, the key is another one.
    stand_in("editor", '#!/bin/sh\n[ ! -e /etc/lkt/api-secret ] || sed -i "s/APIexample/APInew/" "$1"\n')
    stand_in("systemctl", (ROOT / "tests/deploy/systemctl.py").read_text())
    livekit()


class Shell:
    """One shell for all blocks, so that variables stay."""

    def __init__(self):
        values = {"UNIT": str(ROOT / "tests/deploy/unit.py"), "SSL_CERT_FILE": str(CERTIFICATE)}
        values |= {"CURL_CA_BUNDLE": str(CERTIFICATE), "HOME": str(HOME), "PATH": "/usr/local/bin:" + os.environ["PATH"]}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen(["bash"], cwd=HOME, env=values, text=True, **pipes)

    def run(self, line):
        """What a line prints; it must succeed."""
        self.process.stdin.write(f"{line}\necho; echo END $?\n")
        self.process.stdin.flush()
        printed = ""
        for text in self.process.stdout:
            if text.startswith("END "):
                assert text == "END 0\n", f"$ {line}\n{printed}"
                return printed
            printed += text
        raise SystemExit(f"the shell ended: $ {line}\n{printed}")


def line_of_request():
    (line,) = [line for section, block in blocks() for line in block if section == 5 and line.startswith("curl ")]
    return line


def issuer(printed):
    """The key of the token in what curl printed, progress included."""
    (answer,) = re.findall(r"{.*participant_token.*}", printed)
    token = json.loads(answer)["participant_token"]
    return json.loads(decoded(token.split(".")[1]))["iss"]


def main(lkt):
    prepare(lkt)
    shell = Shell()
    lines, answered, blocks_seen, load = 0, 0, [], None
    try:
        for section, block in blocks():
            if section not in (1, 4, 5, 6):
                continue
            blocks_seen.append(section)
            if section == 6:
                load = Load()
            printed = ""
            for line in block:
                printed += shell.run(line)
                lines += 1
            if load:
                answered += load.stop()
                load = None
            if any("check --config" in line for line in block):
                assert "accepts the token: 200" in printed, printed
            if section == 5:
                assert issuer(printed) == "APIexample", printed
                assert Client(SITES["nginx"], CERTIFICATE).ask() == 401
        # The key was changed along the way.
        assert issuer(shell.run(line_of_request())) == "APInew"
        assert blocks_seen == [1, 1, 4, 5, 6, 6, 6, 6], blocks_seen
        log = Path("/var/log/nginx/lkt-error.log").read_text()
        assert "no live upstreams" not in log, log
        print(f"= {lines} lines, {answered} tokens while things changed, none failed")
    finally:
        if load:
            load.running.clear()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
