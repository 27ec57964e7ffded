"""Sends requests to lkt with an HTTP client of the JVM, and counts the connections that it opens.

prove.py CLIENT CONNECTIONS JAVA-COMMAND...: each of 20 requests gets a token over at most CONNECTIONS
connections, and so does each after lkt restarted.
"""

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from os import environ
from pathlib import Path

REQUESTS = 20
PATIENCE = 20  # seconds


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"waited {PATIENCE} s in vain for {what}")
        time.sleep(0.02)


class Lkt:
    """A running lkt, and the log of this run."""

    def __init__(self, directory, port=0):
        self.log = Path(tempfile.mkstemp(dir=directory)[1])
        command = [environ["LKT"], "serve", "--dev", "--no-env-file", "--listen", f"127.0.0.1:{port}"]
        self.process = subprocess.Popen([*command, "--log-format", "json"], stderr=self.log.open("w"))
        wait_until(lambda: self.log.read_text().endswith("\n"), "lkt")
        # Port and host of the URL that the first line names.
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", self.log.read_text())[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0

    def connections(self):
        """How many connections had tokens by now, once all lines are there."""

        def remotes():
            lines = self.log.read_text().split("\n")[:-1]
            return [line["remote"] for line in map(json.loads, lines) if line.get("status") == 201]

        wait_until(lambda: len(remotes()) >= REQUESTS, "the log")
        return len(set(remotes()))


def answers(client):
    """The answers of a round."""
    lines = []
    for line in client.stdout:
        if line == "done\n":
            return lines
        lines.append(line.strip())
    raise SystemExit(f"the client ended early: {lines}")


def main(name, most, *java):
    with tempfile.TemporaryDirectory() as directory:
        lkt = Lkt(directory)
        url = f"http://127.0.0.1:{lkt.port}/getToken"
        client = subprocess.Popen(
            [*java, url, str(REQUESTS), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        try:
            counts = []
            for round_number in (1, 2):
                faults = [line for line in answers(client) if line != f"{name} 201"]
                assert not faults, f"round {round_number}: {faults}"
                counts.append(lkt.connections())
                lkt.stop()
                if round_number == 1:
                    lkt = Lkt(directory, lkt.port)
                    client.stdin.write("again\n")
                    client.stdin.flush()
        finally:
            client.kill()
            lkt.process.kill()
    assert max(counts) <= int(most), f"{counts} connections for {REQUESTS} requests each"
    print(f"= {counts[0]} for {REQUESTS} requests, {counts[1]} after a restart of lkt")


if __name__ == "__main__":
    main(*sys.argv[1:])
