"""Starts the processes of a fleet: a store, replicas of lkt, and HAProxy before them."""

import collections
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "hostile"))
from report import Report  # noqa: E402

REPLICAS = 4
LINE = re.compile(r"^listening at http://([^/]+)/", re.MULTILINE)


def free_port():
    """A port that was free a moment ago, for programs that cannot pick one themselves."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(what, work, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if result := work():
                return result
        except OSError:
            pass
        time.sleep(0.02)
    raise RuntimeError(f"waited in vain for {what}")


class Store:
    """A Redis server at a fixed port of loopback."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.start()

    def start(self):
        arguments = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen([*arguments, "--dir", self.folder], stdout=subprocess.DEVNULL)
        wait_for("Redis", lambda: self.send("PING") == "+PONG")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def send(self, *words):
        """The first line of a reply."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            parts = [f"${len(word)}\r\n{word}\r\n" for word in words]
            connection.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
            return connection.makefile().readline().strip()


class Replica:
    def __init__(self, lkt, folder, name, *arguments):
        self.log = pathlib.Path(folder, f"{name}.log")
        command = [lkt, "serve", "--dev", "--listen", "127.0.0.1:0", "--no-env-file", *arguments]
        with self.log.open("w") as log:
            environment = {"PATH": os.environ["PATH"]}
            self.process = subprocess.Popen(command, stderr=log, cwd=folder, env=environment)
        listening = wait_for("a replica", lambda: LINE.search(self.log.read_text()))
        self.address = listening.group(1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    def resident(self):
        """Memory in KiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


def token(address, body=None, bearer=None, timeout=10):
    """The status and the JSON of a request for a token."""
    connection = http.client.HTTPConnection(address, timeout=timeout)
    headers = {"Content-Type": "application/json"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    try:
        connection.request("POST", "/getToken", json.dumps(body or {}), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def at_once(count, work):
    """Runs the work in so many threads at the same time, and counts its results."""
    results, gate = [], threading.Barrier(count)

    def run(number):
        gate.wait()
        results.append(work(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return collections.Counter(results)


def haproxy(folder, replicas):
    """HAProxy before the replicas, each with its health check. Returns its process and address."""
    port = free_port()
    servers = "\n".join(
        f"  server r{number} {replica.address} check inter 100ms fall 1 rise 1"
        for number, replica in enumerate(replicas)
    )
    configuration = pathlib.Path(folder, "haproxy.cfg")
    configuration.write_text(f"""
defaults
  mode http
  timeout connect 2s
  timeout client 15s
  timeout server 15s
  retries 3
  option redispatch
frontend clients
  bind 127.0.0.1:{port}
  default_backend replicas
backend replicas
  balance roundrobin
  option httpchk GET /readyz
{servers}
""")
    process = subprocess.Popen(["haproxy", "-q", "-db", "-f", str(configuration)])
    address = f"127.0.0.1:{port}"
    wait_for("HAProxy", lambda: token(address)[0] < 500)
    return process, address


def main(lkt):
    from proofs import proofs

    folder = tempfile.mkdtemp()
    report = Report()
    try:
        proofs(lkt, folder, report)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return report.close()


if __name__ == "__main__":
    sys.modules["fleet"] = sys.modules["__main__"]
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    sys.exit(main(os.path.abspath(sys.argv[1])))
