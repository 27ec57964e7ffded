"""Requests that wait for somebody else: for an issuer that does not answer, or for a backend. Nobody who needs neither
may notice, and whoever sends many waits behind whoever sends one."""

import base64
import contextlib
import json
import socket
import threading
import time

from backend import backend
from process import Lkt
from target import exchange

# More than the 512 connections that the server has.
CLIENTS = 532
QUICK = 1.0
# Of 320 connections of one client, and of others that send a request each.
GREEDY, OTHERS = 320, 47
BACKEND_SECONDS = 0.05
# Far below what the queue of the greedy client takes: its 320 requests on the backend's threads.
FAIR = 2.0
# On a busy machine, a request counts as one that waits until its lane has time to send the answer, and now and
# then one of the others finds no place.
RUNS = 3


def run(report, binary):
    name = f"parked: {CLIENTS} logins of two issuers that say nothing keep out no one else"
    report.case(name, lambda: (list(silent_issuers(binary)), ""))
    name = f"parked: {OTHERS} clients of --ask beside {GREEDY} connections of one"
    report.case(name, lambda: fair_at_last(binary))


@contextlib.contextmanager
def silent():
    """A server that accepts and says nothing; its URL."""
    with socket.create_server(("127.0.0.1", 0), backlog=CLIENTS) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def login(issuer, number):
    """A login without a signature, of a person of its own. Keys are needed to see that."""
    parts = [{"alg": "RS256", "kid": f"k{number}"}, {"iss": issuer, "sub": str(number), "aud": "a", "exp": 2**32}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return f"Authorization: Bearer {'.'.join(encoded)}.AAAA"


def silent_issuers(binary):
    with contextlib.ExitStack() as stack:
        issuers = [stack.enter_context(silent()) for _ in range(2)]
        flags = [flag for issuer in issuers for flag in ("--auth-issuer", issuer)]
        lkt = Lkt(binary, *flags, "--auth-audience", "a", "--auth-optional", timeouts=(60, 20))
        stack.callback(lkt.stop)
        target, crowd = lkt.target, []
        for number in range(CLIENTS):
            connection = target.connect()
            connection.sendall(target.request(b"{}", login(issuers[number % 2], number)))
            crowd.append(connection)
        end, number = time.monotonic() + 4, 0
        while time.monotonic() < end:
            number += 1
            for what, request in [
                ("the health check", target.request(b"", method="GET", path="/healthz")),
                ("a guest", target.request(b"{}", "Connection: close")),
            ]:
                began = time.monotonic()
                with target.connect("127.0.0.1") as connection:
                    connection.sendall(request)
                    status = connection.recv(4096)[9:12]
                took = time.monotonic() - began
                if status not in (b"200", b"201") or took > QUICK:
                    yield f"{what} number {number} got {status} after {took:.2f} s"
            time.sleep(0.05)
        for connection in crowd:
            connection.close()


def fair_at_last(binary):
    """The same again if somebody had to wait: other work on this machine comes and goes."""
    for _ in range(RUNS):
        faults, note = fair(binary)
        if not faults:
            break
    return faults, note


def fair(binary):
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(backend(delay=BACKEND_SECONDS))
        lkt = Lkt(binary, "--ask", url, timeouts=(60, 20))
        stack.callback(lkt.stop)
        target, done = lkt.target, threading.Event()

        def greedy():
            while not done.is_set():
                with contextlib.suppress(OSError), target.connect() as connection:
                    exchange(connection, target.request(b"{}", "Connection: close"))

        crowd = [threading.Thread(target=greedy) for _ in range(GREEDY)]
        for thread in crowd:
            thread.start()
        # Its queue is full before the others come.
        time.sleep(1)
        found = []

        def one(number):
            began = time.monotonic()
            with target.connect(f"127.0.2.{number + 1}") as connection:
                got = exchange(connection, target.request(b"{}", "Connection: close")).statuses
            found.append((time.monotonic() - began, got))

        others = [threading.Thread(target=one, args=(number,)) for number in range(OTHERS)]
        for thread in others:
            thread.start()
            time.sleep(0.05)
        for thread in others:
            thread.join()
        done.set()
        for thread in crowd:
            thread.join()
    faults = [f"got {got} after {took:.2f} s" for took, got in found if got != [201] or took > FAIR]
    faults += [] if len(found) == OTHERS else [f"only {len(found)} answers"]
    return faults[:5], f"{max(took for took, _ in found) * 1000:.0f} ms at most"
