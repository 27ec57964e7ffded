"""Starts the processes of a fleet: stores, replicas of lkt, HAProxy before them, and clients."""

import collections
import contextlib
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
JSON_LINE = re.compile(r'"endpoint":"http://([^/]+)/')
METRICS = re.compile(r'http://([^/"]+)/metrics')


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

    def __init__(self, folder, *arguments):
        self.folder, self.arguments, self.port = folder, arguments, free_port()
        self.start()

    def start(self):
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--dir", str(self.folder), *self.arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for("Redis", lambda: self.send("PING") == "+PONG")

    def stop(self):
        self.process.kill()
        self.process.wait()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def send(self, *words):
        """The first line of a reply."""
        return self.reply(*words).split("\r\n")[0]

    def reply(self, *words):
        """A reply, as it is sent."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            parts = [f"${len(str(word))}\r\n{word}\r\n" for word in words]
            connection.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
            return connection.recv(65536).decode().strip()


class Replica:
    """A process of lkt. Without a key among its arguments, it has that of --dev."""

    def __init__(self, lkt, folder, name, *arguments):
        self.log = pathlib.Path(folder, f"{name}.log")
        command = [lkt, "serve", "--listen", "127.0.0.1:0", "--no-env-file", *arguments]
        if "--keys-file" not in arguments:
            command.append("--dev")
        with self.log.open("w") as log:
            environment = {"PATH": os.environ["PATH"]}
            self.process = subprocess.Popen(command, stderr=log, cwd=folder, env=environment)
        line = JSON_LINE if "json" in arguments else LINE
        self.address = wait_for("a replica", lambda: line.search(self.log.read_text())).group(1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    def resident(self):
        """Memory in KiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def metrics(self):
        address = wait_for("the address", lambda: METRICS.search(self.log.read_text())).group(1)
        return get(address, "/metrics")[1].decode()


def get(address, path, timeout=10):
    connection = http.client.HTTPConnection(address, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


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


class Load:
    """Clients that request tokens, and probes of /healthz, until the end of the block."""

    def __init__(self, addresses, clients=8, pause=0.01, healths=()):
        self.addresses, self.pause, self.healths = addresses, pause, healths
        self.answers, self.unhealthy, self.slowest, self.done = [], [], 0.0, threading.Event()
        self.threads = [threading.Thread(target=self._request, args=(number,)) for number in range(clients)]
        self.threads += [threading.Thread(target=self._probe)] if healths else []

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()

    def _request(self, number):
        while not self.done.is_set():
            began = time.monotonic()
            try:
                self.answers.append(token(self.addresses[number % len(self.addresses)]))
            except OSError as error:
                self.answers.append((type(error).__name__, {}))
            self.slowest = max(self.slowest, time.monotonic() - began)
            time.sleep(self.pause)

    def _probe(self):
        while not self.done.wait(0.1):
            for address in self.healths:
                try:
                    status, _ = get(address, "/healthz", timeout=2)
                except OSError as error:
                    status = type(error).__name__
                if status != 200:
                    self.unhealthy.append(status)

    def faults(self, slowest=2):
        """What went wrong, each a text that is empty if it did not."""
        lost = collections.Counter(status for status, _ in self.answers if status != 201)
        return [
            f"{lost.total()} of {len(self.answers)} lost: {dict(lost)}" if lost else "",
            f"a client waited {self.slowest:.1f} s" if self.slowest > slowest else "",
            f"/healthz: {self.unhealthy[:3]}" if self.unhealthy else "",
        ]

    def summary(self):
        return f"{len(self.answers)} tokens, the slowest in {self.slowest * 1000:.0f} ms"


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


@contextlib.contextmanager
def fleet(lkt, folder, url, *arguments):
    """Replicas with a store."""
    start = lambda number: Replica(lkt, folder, f"replica-{number}", "--store", url, *arguments)
    replicas = [start(number) for number in range(REPLICAS)]
    try:
        yield replicas
    finally:
        for replica in replicas:
            replica.process.kill()
            replica.process.wait()


def invitation(lkt):
    """The code of an invitation that can be used once."""
    invite = [lkt, "invite", "--dev", "--no-env-file", "--room", "r", "--uses", "1", "-q", "-o", "code"]
    return subprocess.run(invite, capture_output=True, text=True, check=True).stdout.strip()


def take(address, code):
    """The status of a request with an invitation, and the code of a refusal."""
    status, answer = token(address, {"participant_name": "g"}, code)
    return status, answer.get("code")


def main(lkt):
    import monitoring
    import proofs
    import stores

    folder = tempfile.mkdtemp()
    report = Report()
    only = sys.argv[2:]
    try:
        for case in [*proofs.CASES, *stores.CASES, *monitoring.CASES]:
            if not only or case.__name__ in only:
                at = pathlib.Path(folder, case.__name__)
                at.mkdir()
                report.case(case.__doc__.splitlines()[0], lambda case=case, at=at: case(lkt, at))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return report.close()


if __name__ == "__main__":
    sys.modules["fleet"] = sys.modules["__main__"]
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    sys.exit(main(os.path.abspath(sys.argv[1])))
