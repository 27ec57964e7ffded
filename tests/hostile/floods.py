"""Hostile clients with many connections."""

import itertools
import selectors
import socket
import struct
import time

from attacks import ALONE_ONLY, ATTACKS, attack, head, reset
from bodies import refused
from target import HOSTILE_ADDRESS, answers

# The attacks of this file that take long; beside the load, only short ones are repeated.
LONG = set()


def long_attack(name):
    def enter(function):
        LONG.add(name)
        return attack(name)(function)

    return enter


class Flood:
    """Connections opened as fast as it goes, without TLS: at nginx they end where TLS would begin,
    unless they are secured one by one."""

    def __init__(self, setup):
        self.setup, self.open = setup, []

    def connect(self, count):
        for number in range(count):
            connection = socket.socket()
            connection.bind((f"127.0.{66 + number % 8}.{1 + number % 200}", 0))
            connection.settimeout(10)
            try:
                connection.connect(self.setup.target.address)
                self.open.append(self.setup.target.secure(connection))
            except OSError:
                connection.close()

    def send(self, data):
        for connection in self.open:
            try:
                connection.sendall(data)
            except OSError:
                pass

    def wait_for_ends(self, seconds):
        """Reads until every connection has ended or time is up; the statuses seen and how many are
        still open."""
        selector, statuses = selectors.DefaultSelector(), set()
        for connection in self.open:
            connection.setblocking(False)
            selector.register(connection, selectors.EVENT_READ)
        left, end = len(self.open), time.monotonic() + seconds
        while left and time.monotonic() < end:
            for key, _ in selector.select(0.2):
                data = receive(key.fileobj)
                if data is None:
                    continue
                statuses |= {status for status, _ in answers(data)} if data else set()
                if not data:
                    selector.unregister(key.fileobj)
                    left -= 1
        selector.close()
        return statuses, left

    def close(self):
        for connection in self.open:
            connection.close()
        self.open = []


def receive(connection):
    """What there is: b"" at the end, None when there is nothing."""
    try:
        return connection.recv(65536)
    except (BlockingIOError, TimeoutError):
        return None
    except OSError as error:
        # Nothing but a part of a TLS record.
        return None if type(error).__name__ == "SSLWantReadError" else b""


def flood(setup, count, data=b"", ends_within=15.0):
    """So many connections that send this and no more: each must be refused or closed."""
    crowd = Flood(setup)
    crowd.connect(count)
    if data:
        crowd.send(data)
    statuses, left = crowd.wait_for_ends(ends_within)
    crowd.close()
    wrong = {status for status in statuses if not 400 <= status < 600}
    return f"{left} stay open, answers {wrong or 'none'}" if left or wrong else None


@long_attack("2,000 connections that say nothing")
def silent(setup):
    return flood(setup, 2000)


@long_attack("2,000 stalled heads")
def stalled_heads(setup):
    return flood(setup, 2000, head(setup, "X-A: ", end="a" * 8000))


@long_attack("2,000 stalled bodies")
def stalled_bodies(setup):
    return flood(setup, 2000, head(setup, "Content-Length: 65000") + b"{" * 64_000)


@long_attack("2,000 stalled chunked bodies")
def stalled_chunks(setup):
    return flood(setup, 2000, head(setup, "Transfer-Encoding: chunked") + b"7000\r\n" + b" " * 28_000)


@long_attack("520 connections that send a byte every 150 ms, again and again")
def tricklers(setup):
    """Whoever is closed comes again; the others must still be answered."""
    pieces = itertools.cycle(bytes([byte]) for byte in head(setup, "Content-Length: 20000", end="\r\nX-A: "))
    crowd, end = Flood(setup), time.monotonic() + 10
    while time.monotonic() < end:
        began, kept = time.monotonic(), []
        crowd.connect(520 - len(crowd.open))
        piece = next(pieces)
        for connection in crowd.open:
            try:
                connection.sendall(piece)
                kept.append(connection)
            except OSError:
                connection.close()
        crowd.open = kept
        time.sleep(max(0, 0.15 - (time.monotonic() - began)))
    crowd.close()
    return None


@long_attack("300 requests at once whose bodies nest as much as they can")
def nested(setup):
    """What is refused may be refused; memory is looked at by the set-up."""
    for _, body in refused():
        crowd = Flood(setup)
        crowd.connect(300)
        crowd.send(setup.target.request(body, "Connection: close"))
        _, left = crowd.wait_for_ends(15)
        crowd.close()
        if left:
            return f"{left} are not answered, {body[:60]!r}"
    return None


@long_attack("20,000 connections that are reset at once")
def resets(setup):
    farewell = struct.pack("ii", 1, 0)
    for _ in range(20_000):
        connection = socket.socket()
        connection.bind((HOSTILE_ADDRESS, 0))
        connection.settimeout(10)
        connection.connect(setup.target.address)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, farewell)
        connection.close()
    return None


@long_attack("2,000 requests that are reset before the answer")
def reset_requests(setup):
    request = setup.target.request()
    for _ in range(2000):
        connection = setup.target.connect()
        connection.sendall(request)
        reset(connection)
    return None


QUICK = [(name, function) for name, function in ATTACKS if name not in LONG]
