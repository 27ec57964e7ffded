"""`lkt check` against a real LiveKit server, and against what is not one."""

import contextlib
import email.utils
import http.server
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request

from common import KEY, SECRET, equal, free_port, not_proven, proof, require, run_lkt
from livekit_server import livekit_server

OTHER = "another-secret-of-more-than-32-bytes"


class Relay(http.server.BaseHTTPRequestHandler):
    """Hands a request on to the server behind it, and the answer back, with a clock of its own."""

    behind = ""
    shift = 0

    def do_GET(self):
        try:
            answer = urllib.request.urlopen(self.behind + self.path)
        except urllib.error.HTTPError as error:
            answer = error
        body = answer.read()
        self.send_response_only(answer.status)
        self.send_header("Date", email.utils.formatdate(time.time() + self.shift, usegmt=True))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Stranger(http.server.BaseHTTPRequestHandler):
    """A web server that is not LiveKit's: it has one page, and moves everything below /moved."""

    def do_GET(self):
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", f"/elsewhere{self.path}")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>hello</title>")

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(handler, certificate=None, **settings):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (handler,), settings))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def check(*flags, expect, help="", secrets=(SECRET, OTHER), **more):
    """Runs `lkt check --json`: the code of what is wrong, or None; nothing of it may show a secret."""
    done = run_lkt("check", "--json", *flags, **more)
    for secret in secrets:
        require(secret not in done.stdout + done.stderr, "it shows the secret")
    require("eyJ" not in done.stdout + done.stderr, "it shows a token")
    require(done.returncode == (1 if expect else 0), f"exit {done.returncode}: {done.stderr}")
    require(help in done.stderr, f"no help: {done.stderr}")
    report = json.loads(done.stdout) if done.stdout else {}
    equal(report.get("code"), expect, f"code ({done.stderr})")
    return report, done.stderr


def right(url):
    with proof("check: the right key is taken, in the server's own words, and its sources are named"):
        report, _ = check("--url", url, expect=None)
        equal((report["status"], report["answer"]), (200, "success"), "answer")
        equal((report["url_source"], report["secret_bytes"]), ("--url", len(SECRET)), "report")
        require(abs(report["clock_offset_seconds"]) <= 1, "clock")
        lines = run_lkt("check", LIVEKIT_URL=url).stdout
        require("from LIVEKIT_URL" in lines and "200 `success`" in lines, lines)
    with proof("check: --dev is taken by a server that was started with --dev"):
        check("--dev", "--url", url, expect=None)


def wrong_key(url):
    with proof("check: a wrong secret"):
        report, said = check("--url", url, expect="wrong_secret", LIVEKIT_API_SECRET=OTHER)
        require(f"the secret does not belong to the key `{KEY}`" in said, said)
        require("signature is invalid" in report["answer"], "the server's own words")
    with proof("check: an unknown key"):
        _, said = check("--url", url, expect="unknown_key", LIVEKIT_API_KEY="APIunknown")
        require("two projects" in said, said)
    with proof("check: key and secret swapped"):
        swapped = {"LIVEKIT_API_KEY": OTHER, "LIVEKIT_API_SECRET": KEY}
        done = run_lkt("check", "--url", url, **swapped)
        equal(done.returncode, 1, "exit")
        require("swapped" in done.stderr and OTHER not in done.stderr, done.stderr)


def not_there(url):
    with proof("check: a wrong port"):
        check("--url", f"ws://127.0.0.1:{free_port()}", expect="no_server", help="check host and port")
    with proof("check: a host that does not exist"):
        check("--url", "wss://no-such-host.invalid", expect="no_server")
    with proof("check: a server that is no LiveKit server"), served(Stranger) as port:
        check("--url", f"ws://127.0.0.1:{port}", expect="not_livekit", help="check host, port and path")
    with proof("check: a redirect, which is not followed"), served(Stranger) as port:
        check("--url", f"ws://127.0.0.1:{port}/moved", expect="redirect")
    with proof("check: a server that takes the connection and says nothing ends it after five seconds"):
        with socket.create_server(("127.0.0.1", 0)) as mute:
            begun = time.monotonic()
            check("--url", f"ws://127.0.0.1:{mute.getsockname()[1]}", expect="no_server")
            require(4 < time.monotonic() - begun < 8, "five seconds")
    with proof("check: a server that does not speak HTTP"), socket.create_server(("127.0.0.1", 0)) as other:
        threading.Thread(target=greet, args=(other,), daemon=True).start()
        check("--url", f"ws://127.0.0.1:{other.getsockname()[1]}", expect="not_http")
    with proof("check: wss for a server without TLS"):
        check("--url", url.replace("ws://", "wss://"), expect="tls", help="use ws://")


def greet(listening):
    connection, _ = listening.accept()
    connection.sendall(b"220 mail.example ESMTP\r\n\r\n")
    connection.recv(4096)
    connection.close()


def clocks(url):
    behind = url.replace("ws://", "http://")
    with proof("check: a server whose clock is an hour off takes the token, and there is a warning"):
        with served(Relay, behind=behind, shift=3600) as port:
            report, said = check("--url", f"ws://127.0.0.1:{port}", expect=None)
        require(-3602 <= report["clock_offset_seconds"] <= -3598, report)
        require("behind the server's" in said, said)
    what = "check: this machine's clock is an hour off, either way"
    if not shutil.which("faketime"):
        return not_proven(what, "faketime is not installed")
    with proof(what):
        for shift, words in [("-1h", "behind"), ("+1h", "ahead of")]:
            before = ["faketime", "-f", shift]
            _, said = check("--url", url, expect="clock", before=before)
            require(f"{words} the server's" in said and "set this machine's clock" in said, said)


def over_tls(url):
    folder = pathlib.Path(os.environ["INTEROP_LOGS"])
    certificate = [str(folder / name) for name in ("tls-cert.pem", "tls-key.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        + ["-addext", "basicConstraints=critical,CA:FALSE"]
        + ["-out", certificate[0], "-keyout", certificate[1]],
        check=True,
        capture_output=True,
    )
    with served(Relay, certificate=certificate, behind=url.replace("ws://", "http://")) as port:
        secure = f"wss://localhost:{port}"
        with proof("check: over TLS, with a certificate that this machine trusts"):
            check("--url", secure, expect=None, SSL_CERT_FILE=certificate[0])
        with proof("check: over TLS, with one that it does not"):
            check("--url", secure, expect="tls", help="trusts")


def main():
    with livekit_server() as url:
        right(url)
        wrong_key(url)
        not_there(url)
        clocks(url)
        over_tls(url)


main()
