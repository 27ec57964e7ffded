"""Long use and signals."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from process import Lkt
from setups import alone, on_unix_socket
from target import answers, exchange
from tokens import is_signed_with
from waiting import wait_until
from wellbehaved import CLIENT_ADDRESS, load

# KiB over two thirds of a soak: a leak of two bytes a request is more.
MOST_GROWTH = 256
# After a growth, a soak goes on for at most so many thirds: a leak goes on as well, and what an allocator
# needs until it has seen every kind of request does not.
MOST_THIRDS = 7
MOST_SHUTDOWN = 5.0
# Has a process of its own kind as PID 1, whose exit code it passes on.
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc"]


def run(report, args):
    binary = args.binary
    for name, make in (("TCP", alone), ("a Unix socket", on_unix_socket)):
        report.case(
            f"soak over {name}: memory stands still",
            lambda: soak(make, binary, args.soak_requests),
        )
    report.case("churn: memory after 10,000 connections as after 5,000", lambda: churn(binary))
    report.case("SIGTERM under load", lambda: terminate(binary))
    report.case("SIGTERM while requests are stalled", lambda: terminate_stalled(binary))
    if is_root() and subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode == 0:
        report.case("SIGTERM as PID 1 under load", lambda: terminate(binary, NAMESPACE))
    else:
        report.skip("SIGTERM as PID 1 under load", "no new PID namespace here")
    report.case("SIGHUP: a new secret", lambda: reload(binary))


def is_root():
    return os.geteuid() == 0


def deadline(seconds):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def soak(make, binary, requests):
    third, resident, answered = requests // 3, [], 0
    growth = MOST_GROWTH + 1
    with make(binary, log="closed pipe") as setup:
        began = time.monotonic()
        while growth > MOST_GROWTH and len(resident) < MOST_THIRDS:
            answered += load(setup.target, third)
            wait_until(setup.usage.is_idle, 20)
            resident.append(setup.usage.now()[0])
            if len(resident) >= 3:
                growth = max(resident[-2:]) - resident[-3]
        rate = answered / (time.monotonic() - began)
    sent = third * len(resident)
    faults = [f"{growth} KiB more"] if growth > MOST_GROWTH else []
    faults += [f"{answered} answered of {sent}"] if answered < sent else []
    return faults, f"{answered} requests, {rate:.0f} a second, {resident} KiB resident"


def churn(binary):
    """A request a connection, which shows what each connection leaves behind."""
    with alone(binary, log="closed pipe") as setup:
        resident = []
        for _ in range(2):
            for _ in range(5_000):
                connection = setup.target.connect(CLIENT_ADDRESS)
                connection.sendall(setup.target.request())
                connection.recv(4096)
                connection.close()
            wait_until(setup.usage.is_idle, 20)
            resident.append(setup.usage.now()[0])
    growth = resident[1] - resident[0]
    return [f"{growth} KiB more"] if growth > MOST_GROWTH else [], f"{resident} KiB resident"


class Asker(threading.Thread):
    """Asks until the server ends; counts requests that were sent as a whole before the signal, and
    those of them that were answered as a whole."""

    def __init__(self, target, term, keeps):
        super().__init__(daemon=True)
        self.target, self.term, self.keeps = target, term, keeps
        self.answered, self.lost, self.end = 0, [], False

    def run(self):
        connection = None
        while not self.end:
            sent_before = False
            try:
                connection = connection or self.target.connect(CLIENT_ADDRESS, timeout=6)
                connection.sendall(self.target.request(b"{}"))
                sent_before = not self.term.is_set()
                received = self._answer(connection)
                self.answered += 1
            except (OSError, AssertionError) as error:
                if sent_before:
                    self.lost.append(f"{type(error).__name__}: {error}")
                connection = None
                if self.term.is_set():
                    return
                continue
            if not self.keeps or b"connection: close" in received:
                connection.close()
                connection = None

    @staticmethod
    def _answer(connection):
        received = b""
        while True:
            whole = [status for status, body in answers(received) if body is not None]
            if whole:
                assert whole == [201], f"answered {whole}"
                return received
            data = connection.recv(8192)
            assert data, f"the answer ends after {len(received)} bytes"
            received += data


def terminate(binary, prefix=()):
    lkt = Lkt(binary, prefix=prefix)
    pid = inner(lkt.pid) if prefix else lkt.pid
    term = threading.Event()
    askers = [Asker(lkt.target, term, keeps=bool(number % 4)) for number in range(32)]
    for asker in askers:
        asker.start()
    time.sleep(2)
    term.set()
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    code = wait(lkt)
    took = time.monotonic() - began
    for asker in askers:
        asker.end = True
        asker.join(10)
    lost = [fault for asker in askers for fault in asker.lost]
    faults = [f"lost: {fault}" for fault in lost[:3]]
    faults += [f"exit code {code}"] if code != 0 else []
    faults += [f"{took:.1f} s"] if took > MOST_SHUTDOWN else []
    answered = sum(asker.answered for asker in askers)
    return faults, f"{answered} answered, {len(lost)} lost, exit {code} after {took:.2f} s"


def inner(pid):
    """The process that a wrapper started."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    wait_until(lambda: children.read_text().strip(), 5)
    return int(children.read_text().split()[0])


def wait(lkt):
    try:
        return lkt.child.wait(15)
    except subprocess.TimeoutExpired:
        lkt.child.kill()
        return "none: killed after 15 s"


def terminate_stalled(binary):
    lkt = Lkt(binary)
    stalled = [lkt.target.connect() for _ in range(50)]
    silent = [lkt.target.connect() for _ in range(50)]
    for connection in stalled:
        connection.sendall(b"POST /getToken HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{")
    time.sleep(0.3)
    began = time.monotonic()
    os.kill(lkt.pid, signal.SIGTERM)
    code = wait(lkt)
    took = time.monotonic() - began
    for connection in stalled + silent:
        connection.close()
    faults = [f"exit code {code}"] if code != 0 else []
    faults += [f"{took:.1f} s"] if took > MOST_SHUTDOWN else []
    return faults, f"exit {code} after {took:.2f} s"


def reload(binary):
    old, new = "the-old-secret-of-32-characters-x", "the-new-secret-of-32-characters-x"
    with tempfile.TemporaryDirectory(prefix="lkt-hostile-") as directory:
        secret = Path(directory) / "secret"
        secret.write_text(old + "\n")
        secret.chmod(0o600)
        keys = ["--no-env-file", "--api-key", "APIhostile", "--api-secret-file", str(secret)]
        lkt = Lkt(binary, keys=[*keys, "--url", "wss://livekit.example"])
        try:
            return list(reloads(lkt, secret, old, new)), ""
        finally:
            lkt.stop()


def reloads(lkt, secret, old, new):
    def signs_with(text):
        outcome = exchange(lkt.target.connect(), lkt.target.request(b"{}", "Connection: close"))
        return is_signed_with(outcome.answers[0][1], text)

    if not signs_with(old):
        yield "the first token is not signed with the first secret"
    secret.write_text(new)
    os.kill(lkt.pid, signal.SIGHUP)
    if not wait_until(lambda: signs_with(new), 5):
        yield "no token is signed with the new secret"
    for broken in (lambda: secret.write_bytes(b""), secret.unlink):
        count = sum("not reloaded" in line for line in lkt.log)
        broken()
        os.kill(lkt.pid, signal.SIGHUP)
        if not wait_until(lambda: sum("not reloaded" in line for line in lkt.log) > count, 5):
            yield f"nothing is logged: {lkt.log[-2:]}"
        if not signs_with(new):
            yield "the old secret is not kept"
    if any(text in line for text in (old, new) for line in lkt.log):
        yield "a secret is logged"
