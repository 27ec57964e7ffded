"""Starts a dev server that passes requests on to lkt, and uses it as a phone on the network does.

prove.py NAME COMMAND...: to be run in a network of its own, by `run`. The dev server listens at port 5173.
"""

import http.client
import json
import subprocess
import sys
import time
from os import environ

# This machine's address in the network of its own; no one else's (RFC 5737).
ADDRESS = "192.0.2.1"
PATIENCE = 30  # seconds
BODY = json.dumps({"room_name": "dev"})
JSON = {"Content-Type": "application/json"}


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"waited {PATIENCE} s in vain for {what}")
        time.sleep(0.05)


def send(host, path, body=BODY):
    connection = http.client.HTTPConnection(host, 5173, timeout=PATIENCE)
    try:
        connection.request("POST", path, body, JSON)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def answers(host):
    try:
        return send(host, "/getToken")[0] == 201
    except (OSError, http.client.HTTPException):
        return False


def start_lkt():
    options = ["--dev", "--no-env-file", "--listen", "127.0.0.1:3000", "--request-timeout", "1s"]
    process = subprocess.Popen([environ["LKT"], "serve", *options], stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline().startswith("listening"), "lkt does not start"
    return process


def faults(host):
    """What is not as it should be, for someone who opened the dev server at this host."""
    for path in ("/getToken", "/api/token"):
        status, body = send(host, path)
        if status != 201 or "participant_token" not in body:
            yield f"{host}{path}: {status} {body[:300]}"
    status, body = send(host, "/getToken", "{")
    if status != 400 or '"code"' not in body:
        yield f"{host}: a refusal arrives as {status} {body[:300]}"


def main(name, *command):
    lkt = start_lkt()
    server = subprocess.Popen(command)
    try:
        wait_until(lambda: answers("localhost"), name)
        found = [*faults("localhost"), *faults(ADDRESS)]
        assert not found, "\n".join(found)
        lkt.terminate()
        assert lkt.wait(PATIENCE) == 0
        lkt = start_lkt()
        found = [*faults(ADDRESS)]
        assert not found, f"after a restart: {found}"
        if name == "express":
            status, body = send(ADDRESS, "/parsed/getToken")
            assert status == 408 and f"0 of {len(BODY)} bytes" in body, (status, body)
    finally:
        server.kill()
        lkt.kill()


if __name__ == "__main__":
    main(*sys.argv[1:])
