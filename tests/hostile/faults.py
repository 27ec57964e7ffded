"""Faults that servers of token endpoints have had, each reproduced once: what the process inherits, what
it shares its port with, what becomes of its log, and who makes room for whom."""

import contextlib
import os
import pty
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from process import Lkt
from setups import alone
from target import exchange
from tokens import is_signed_with
from waiting import wait_until

NEWCOMERS = (0, 5, 20, 100)
ROOM = 512


def run(report, binary):
    cases = [
        ("50 inherited descriptors", inherited),
        ("a descriptor for each connection, and no more", descriptors),
        ("a half-closed connection to another server on the port", half_closed),
        ("a log that nobody reads", lambda binary: unread_log(binary, "full pipe")),
        ("a log that is closed", lambda binary: unread_log(binary, "closed pipe")),
        ("a log on a full disk", lambda binary: unread_log(binary, "full disk")),
        ("the terminal goes away", lambda binary: terminal(binary, nohup=False)),
        ("the terminal goes away under nohup", lambda binary: terminal(binary, nohup=True)),
        ("SIGHUP while the secret is a FIFO that says nothing", silent_secret),
        ("SIGTERM with pipelined requests, chunked bodies and slow readers", terminate_mixed),
    ]
    for name, work in cases:
        report.case(f"fault: {name}", lambda: (list(work(binary)), ""))
    for rate in NEWCOMERS:
        name = f"fault: {ROOM} idle connections and {rate} new ones a second keep out no slow client"
        report.case(name, lambda: (list(slow_clients(binary, rate)), ""))


def asks(target):
    """The statuses of one request on a connection of its own."""
    return exchange(target.connect(), target.request(b"{}", "Connection: close")).statuses


def inherited(binary):
    with contextlib.ExitStack() as stack:
        open_files = [stack.enter_context(open(os.devnull)).fileno() for _ in range(50)]
        lkt = Lkt(binary, pass_fds=open_files)
        try:
            for _ in range(20):
                if (got := asks(lkt.target)) != [201]:
                    yield f"answered {got}"
        finally:
            lkt.stop()


def ends_at_once(lkt):
    """SIGTERM ends it within 2 seconds, with exit code 0."""
    began = time.monotonic()
    os.kill(lkt.pid, signal.SIGTERM)
    code = lkt.wait(10)
    if code != 0 or time.monotonic() - began > 2:
        yield f"exit {code} after {time.monotonic() - began:.1f} s"


def descriptors(binary):
    lkt = Lkt(binary)
    count = lambda: len(os.listdir(f"/proc/{lkt.pid}/fd"))
    try:
        # What it opens for itself is open once it has answered, and that connection is closed.
        alone = count()
        wait_until(lambda: asks(lkt.target) == [201] and count() > alone, 2)
        time.sleep(0.5)
        before = count()
        connections = [lkt.target.connect() for _ in range(100)]
        for connection in connections:
            connection.sendall(lkt.target.request())
            connection.recv(8192)
        if count() - before != 100:
            yield f"{count() - before} descriptors for 100 connections"
        for connection in connections:
            connection.close()
        if not wait_until(lambda: count() == before, 5):
            yield f"{count() - before} descriptors stay open"
    finally:
        lkt.stop()


def half_closed(binary):
    """Another server listens on the same port number, at another address, and never closes."""
    lkt = Lkt(binary)
    with socket.socket() as other:
        other.bind(("127.0.0.77", lkt.target.address[1]))
        other.listen()
        client = socket.create_connection(other.getsockname())
        client.shutdown(socket.SHUT_WR)
        try:
            for _ in range(20):
                if (got := asks(lkt.target)) != [201]:
                    yield f"answered {got}"
        finally:
            client.close()
            lkt.stop()


def unread_log(binary, kind):
    """Requests that are refused fill the log; nothing of it may hold up the next one, or a signal."""
    lkt = Lkt(binary, log=kind)
    try:
        wrong = lkt.target.request(b"[")
        connection = lkt.target.connect()
        for number in range(3_000):
            connection.sendall(wrong)
            if not connection.recv(8192).startswith(b"HTTP/1.1 400"):
                yield f"request {number} is not answered"
                break
        connection.close()
        os.kill(lkt.pid, signal.SIGHUP)
        if (got := asks(lkt.target)) != [201]:
            yield f"answered {got} afterwards"
        yield from ends_at_once(lkt)
    finally:
        lkt.kill()


def terminal(binary, nohup):
    """Starts lkt at a terminal of its own, and takes the terminal away."""
    with tempfile.TemporaryDirectory(prefix="lkt-hostile-") as directory:
        log = Path(directory) / "log"
        program = f'exec {"nohup " if nohup else ""}"{binary}" serve --dev --no-env-file --listen 127.0.0.1:0'
        pid, master = pty.fork()
        if pid == 0:
            # The proofs may run under nohup themselves.
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.execv("/bin/sh", ["sh", "-c", f'{program} >"{log}" 2>&1'])
        try:
            if not wait_until(lambda: log.exists() and "listening at" in log.read_text(), 10):
                yield f"did not start: {log.read_text()}"
            os.close(master)
            ended = wait_until(lambda: has_ended(pid), 2)
            if ended == nohup:
                yield "it ends with its terminal" if nohup else "it outlives its terminal"
        finally:
            if not has_ended(pid):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def has_ended(pid):
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def silent_secret(binary):
    first, second = "the-first-secret-of-32-characters", "the-other-secret-of-32-characters"
    with tempfile.TemporaryDirectory(prefix="lkt-hostile-") as directory:
        secret = Path(directory) / "secret"
        secret.write_text(first)
        secret.chmod(0o600)
        keys = ["--no-env-file", "--api-key", "APIhostile", "--api-secret-file", str(secret)]
        lkt = Lkt(binary, keys=[*keys, "--url", "wss://livekit.example"])
        try:
            secret.unlink()
            os.mkfifo(secret, 0o600)
            os.kill(lkt.pid, signal.SIGHUP)
            if not wait_until(lambda: lkt.logged("not reloaded"), 8):
                yield "a source that says nothing is waited for"
            secret.unlink()
            secret.write_text(second)
            os.kill(lkt.pid, signal.SIGHUP)
            if not wait_until(lambda: signs_with(lkt.target, second), 5):
                yield "the next SIGHUP is not heard"
            secret.unlink()
            os.mkfifo(secret, 0o600)
            os.kill(lkt.pid, signal.SIGHUP)
            time.sleep(0.2)
            yield from ends_at_once(lkt)
        finally:
            lkt.kill()


def signs_with(target, secret):
    outcome = exchange(target.connect(), target.request(b"{}", "Connection: close"))
    return is_signed_with(outcome.answers[0][1], secret)


def terminate_mixed(binary):
    """Requests that were sent as a whole before SIGTERM are answered."""
    lkt = Lkt(binary)
    try:
        connections = []
        for number in range(60):
            connection = lkt.target.connect(timeout=6)
            connection.sendall(requests_of(lkt.target, number))
            connections.append(connection)
        os.kill(lkt.pid, signal.SIGTERM)
        for number, connection in enumerate(connections):
            got = exchange(connection, b"", patience=4).statuses
            # Of pipelined requests, the first answer may be the connection's last, and says so.
            if not got or set(got) != {201}:
                yield f"connection {number} got {got}"
        if (code := lkt.wait(10)) != 0:
            yield f"exit code {code}"
    finally:
        lkt.kill()


def requests_of(target, number):
    if number % 3 == 0:
        return target.request() * 10
    if number % 3 == 1:
        chunks = b"2\r\n{}\r\n0\r\n\r\n"
        return target.request(b"{}", "Transfer-Encoding: chunked", length=False)[:-2] + chunks
    return target.request(b'{"participant_metadata":"' + b"m" * 30_000 + b'"}')


def slow_clients(binary, rate):
    """Clients that pause between connect, head and body, beside many idle connections and newcomers."""
    with alone(binary, timeouts=(60, 10)) as setup:
        target = setup.target
        idle = [target.connect() for _ in range(ROOM)]
        for connection in idle:
            connection.sendall(target.request(b"", method="GET", path="/healthz"))
            connection.recv(4096)
        done, newcomers = threading.Event(), []

        def come():
            while rate and not done.wait(1 / rate):
                newcomers.append(target.connect())

        thread = threading.Thread(target=come)
        thread.start()
        for pause in (0.1, 0.03):
            for number in range(20):
                if (got := slowly(target, pause)) != [201]:
                    yield f"client {number} with pauses of {pause} s got {got}"
        done.set()
        thread.join()
        for connection in idle + newcomers:
            connection.close()


def slowly(target, pause):
    connection = target.connect()
    time.sleep(pause)
    request = target.request(b"{}", "Connection: close")
    return exchange(connection, request[:-2], request[-2:], pause=pause).statuses
