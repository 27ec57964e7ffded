"""Puts a proxy in its plainest configuration (proxies/) before lkt, and sends requests through both.

behind.py PROXY COMMAND...: to be run by machine.sh. COMMAND starts the proxy, which listens at port 8080
and passes requests on to lkt at port 3000. The proxy's own health check must find lkt healthy, and no
client may notice that lkt restarts between two of its requests.
"""

import http.client
import json
import subprocess
import sys
from pathlib import Path

from pair import PATIENCE, wait_until

SITE = "tokens.example.com"
LOG = Path("/run/lkt.log")
RESTARTS = 3
# What the health check of each proxy sends.
HEALTH_CHECKS = {
    "haproxy": ("OPTIONS", "/"),
    "apache": ("OPTIONS", "*"),
    "envoy": ("GET", "/healthz"),
    "varnish": ("GET", "/healthz"),
    "caddy": ("GET", "/healthz"),
}
# As LiveKit's clients send it, and as others do.
JSON = {"Content-Type": "application/json"}
CHUNKED = JSON | {"Transfer-Encoding": "Chunked"}
LARGE = json.dumps({"participant_metadata": "x" * 20_000}).encode()
PREFLIGHT = {
    "Origin": "http://localhost:5173",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type",
}
REQUESTS = [
    ("a body with a length", 201, "POST", "/getToken", b"{}", JSON),
    ("no body", 201, "POST", "/getToken", b"", {}),
    ("a chunked body", 201, "POST", "/getToken", [b"{", b"}"], CHUNKED),
    ("a large chunked body", 201, "POST", "/getToken", [LARGE[:9000], LARGE[9000:]], CHUNKED),
    ("a large body that waits for 100", 201, "POST", "/getToken", LARGE, JSON | {"Expect": "100-continue"}),
    ("a body that is no JSON", 400, "POST", "/getToken", b"{", JSON),
    ("another path", 404, "POST", "/other", b"{}", JSON),
    ("a preflight", 204, "OPTIONS", "/getToken", None, PREFLIGHT),
    ("a health check through the proxy", 200, "GET", "/healthz", None, {}),
]


def start_lkt():
    options = ["--dev", "--no-env-file", "--listen", "127.0.0.1:3000", "--allow-host", SITE]
    options += ["--verbose", "--log-format", "json"]
    seen = LOG.stat().st_size if LOG.exists() else 0
    process = subprocess.Popen(["lkt", "serve", *options], stderr=LOG.open("a"))
    wait_until(lambda: b"listening" in LOG.read_bytes()[seen:], "lkt")
    return process


def log():
    """The lines of the log that are whole, as JSON."""
    text = LOG.read_text()
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


class Client:
    """A client that keeps its connection to the proxy."""

    def __init__(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=PATIENCE)

    def send(self, method="POST", path="/getToken", body=b"{}", headers=JSON):
        chunked = "Transfer-Encoding" in headers
        self.connection.request(method, path, body, {"Host": SITE} | headers, encode_chunked=chunked)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def gets_a_token(self):
        try:
            status, body = self.send()
        except OSError:
            self.connection.close()
            return False
        return status == 201 and b"participant_token" in body


def every_request_is_answered(client):
    faults = []
    for what, expected, *request in REQUESTS:
        status, body = client.send(*request)
        if status != expected:
            faults.append(f"{what}: {status} {body[:200]!r}")
    assert not faults, "\n".join(faults)


def health_checks_succeed(proxy):
    """Whether lkt stays in use once the proxy has checked it several times."""
    method, path = HEALTH_CHECKS[proxy]

    def checks():
        return [line for line in log() if (line.get("method"), line.get("path")) == (method, path)]

    count = len(checks())
    wait_until(lambda: len(checks()) >= count + 3, f"health checks, {method} {path}")
    statuses = {line["status"] for line in checks()}
    assert all(200 <= status < 300 for status in statuses), f"{method} {path} is answered {statuses}"


def restarts_go_unnoticed(client, lkt):
    for _ in range(RESTARTS):
        lkt.terminate()
        assert lkt.wait(PATIENCE) == 0
        lkt = start_lkt()
        status, body = client.send()
        # A health check that came while lkt was away counts against it until the next one.
        if status == 503:
            wait_until(client.gets_a_token, "the proxy to find lkt again")
        else:
            assert status == 201, (status, body)
    return lkt


def nginx_sends_the_name_of_its_upstream(client):
    """`upstream lkt` without `proxy_set_header Host` makes `lkt` the Host, which lkt does not know."""
    status, body = client.send(path="/by-name/getToken")
    assert status == 403 and b"`lkt`" in body, (status, body)
    status, body = client.send(path="/by-name-with-host/getToken")
    assert status == 201, (status, body)


def main(proxy, *command):
    lkt = start_lkt()
    started = subprocess.Popen(command)
    client = Client()
    try:
        wait_until(client.gets_a_token, "a token through the proxy")
        every_request_is_answered(client)
        if proxy in HEALTH_CHECKS:
            health_checks_succeed(proxy)
            assert client.gets_a_token(), "the proxy takes lkt for dead"
        if proxy == "nginx":
            nginx_sends_the_name_of_its_upstream(client)
        lkt = restarts_go_unnoticed(client, lkt)
        checked = f"{' '.join(HEALTH_CHECKS[proxy])} is its health check" if proxy in HEALTH_CHECKS else "no health check"
        print(f"= {checked}, {len(REQUESTS)} kinds of requests, {RESTARTS} restarts")
    finally:
        # Squid takes its time to stop.
        started.kill()
        lkt.terminate()
        lkt.wait(PATIENCE)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
