"""Clients that do everything right, and must not notice the others."""

import http.client
import itertools
import json
import multiprocessing
import queue
import socket
import threading
import time

CLIENT_ADDRESS = "127.0.0.1"
FORK = multiprocessing.get_context("fork")
BODY = json.dumps({"room_name": "a room", "participant_identity": "somebody"})
MOST_SECONDS = 1.0
# Of several sizes, one larger than what the server reads at once.
BODIES = [BODY.encode(), b"{}", b""] + [
    json.dumps({"participant_metadata": "m" * size}).encode() for size in (100, 3_000, 20_000)
]
# With lists and objects in objects.
BODIES += [
    json.dumps({"participant_attributes": {f"a{number}": "v" for number in range(50)}}).encode(),
    json.dumps({"room_config": {
        "agents": [{"agent_name": f"a{number}", "attributes": {"k": "v"}} for number in range(20)],
        "egress": {"room": {"room_name": "r", "file_outputs": [{"filepath": "f"}] * 10}},
    }}).encode(),
]


class Client:
    """A client with a connection that it keeps, as HTTP libraries do."""

    def __init__(self, target, source=CLIENT_ADDRESS):
        self.target, self.source = target, source
        self.connection = None

    def ask(self, fresh=False):
        """Asks for a token; returns what was wrong, or None."""
        was_kept = not fresh and self.connection is not None
        if not was_kept:
            self.close()
            self.connection = self._connect()
        try:
            return self._ask()
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            self.close()
            if not was_kept:
                return f"{type(error).__name__}: {error}"
            # A server may close an idle connection at any time; HTTP libraries ask again on a new one.
            return self.ask()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return f"{type(error).__name__}: {error}"

    def _connect(self):
        host, port = self.target.address
        settings = {"timeout": 10, "source_address": (self.source, 0)}
        if self.target.context is None:
            return http.client.HTTPConnection(host, port, **settings)
        return http.client.HTTPSConnection(host, port, context=self.target.context, **settings)

    def _ask(self):
        headers = {"Content-Type": "application/json", "Host": "localhost"}
        self.connection.request("POST", self.target.path, BODY, headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.will_close:
            self.close()
        if answer.status != 201:
            return f"{answer.status} {body[:200]!r}"
        return None if json.loads(body)["participant_token"].count(".") == 2 else "no token"

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Bystander:
    """A process of its own that asks all the while: in turn on a connection that it keeps, and on a
    new one. Every request must be answered 201 within a second."""

    def __init__(self, target):
        self.ready, self.done, self.results = FORK.Event(), FORK.Event(), FORK.Queue()
        self.process = FORK.Process(target=self._work, args=(target,), daemon=True)

    def _work(self, target):
        kept, count, slowest, faults = Client(target), 0, 0.0, []
        while not self.done.is_set():
            for client in (kept, Client(target)):
                began = time.monotonic()
                fault = client.ask()
                took = time.monotonic() - began
                if client is not kept:
                    client.close()
                count, slowest = count + 1, max(slowest, took)
                if fault or took > MOST_SECONDS:
                    kind = "kept" if client is kept else "new"
                    faults.append(f"{kind} connection, {took:.2f} s: {fault or 'too slow'}")
            self.ready.set()
            time.sleep(0.01)
        kept.close()
        self.results.put((count, slowest, faults))

    def __enter__(self):
        self.process.start()
        # It is there before the attack begins.
        self.ready.wait(10)
        return self

    def __exit__(self, *_):
        self.done.set()
        try:
            self.count, self.slowest, self.faults = self.results.get(timeout=30)
        except queue.Empty:
            self.count, self.slowest, self.faults = 0, 0.0, ["the bystander did not come back"]
        self.process.join(5)


class Crowd:
    """Many clients at once, each on a connection that it keeps, in a process of their own."""

    def __init__(self, target, clients):
        self.done, self.results = FORK.Event(), FORK.Queue()
        self.process = FORK.Process(target=self._work, args=(target, clients), daemon=True)

    def _work(self, target, clients):
        tallies = [[0, 0.0, []] for _ in range(clients)]
        sources = [f"127.0.1.{number + 1}" for number in range(clients)]
        work = [threading.Thread(target=self._one, args=(target, *pair)) for pair in zip(sources, tallies)]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        faults = [fault for _, _, found in tallies for fault in found]
        self.results.put((sum(t[0] for t in tallies), max(t[1] for t in tallies), faults))

    def _one(self, target, source, tally):
        client = Client(target, source)
        while not self.done.is_set():
            began = time.monotonic()
            fault = client.ask()
            tally[0] += 1
            tally[1] = max(tally[1], time.monotonic() - began)
            if fault:
                tally[2].append(fault)
            time.sleep(0.005)
        client.close()

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.count, self.slowest, self.faults = self.results.get(timeout=60)
        self.process.join(5)


def load(target, requests, workers=2):
    """At least so many requests as fast as they go, on a few connections; returns how many were answered 201."""
    share = requests // workers
    results = FORK.Queue()
    work = [FORK.Process(target=_load, args=(target, share, results)) for _ in range(workers)]
    for process in work:
        process.start()
    answered = sum(results.get(timeout=60 + requests / 1000) for _ in work)
    for process in work:
        process.join()
    return answered


def chunked(target):
    head = target.request(b"{}", "Transfer-Encoding: chunked", length=False)[:-2]
    return head + b"1;a=b\r\n{\r\n1\r\n}\r\n0\r\n\r\n"


def is_minted(connection):
    """Reads one answer."""
    received = connection.recv(16384)
    head, _, body = received.partition(b"\r\n\r\n")
    left = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]) - len(body)
    while left > 0:
        left -= len(connection.recv(16384))
    return head.startswith(b"HTTP/1.1 201")


def _load(target, requests, results):
    connections = [target.connect(CLIENT_ADDRESS) for _ in range(8)]
    for connection in connections:
        if target.context is None and connection.family == socket.AF_INET:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    varied = [target.request(body) for body in BODIES] + [chunked(target)]
    requests_in_turn, answered = itertools.cycle(varied), 0
    # All send, then all read: the server always has something to do.
    for _ in range(-(-requests // len(connections))):
        for connection in connections:
            connection.sendall(next(requests_in_turn))
        for connection in connections:
            answered += is_minted(connection)
    for connection in connections:
        connection.close()
    results.put(answered)
