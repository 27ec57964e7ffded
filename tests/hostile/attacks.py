"""Hostile clients with one connection each: what they send, and what they must get for it."""

import itertools
import struct
import socket

from target import exchange
from tokens import claims

MEBIBYTE = 1024 * 1024
ATTACKS = []
# What means nothing behind nginx, and why.
ALONE_ONLY = {}


def attack(name):
    """Enters a function in the list of attacks. It takes the set-up and returns what went wrong."""

    def enter(function):
        ATTACKS.append((name, function))
        return function

    return enter


def refused(setup, *pieces, **options):
    """What is wrong if the server does not refuse these bytes."""
    outcome = exchange(setup.target.connect(), *pieces, **options)
    return None if outcome.is_refusal() else f"{outcome} for {bytes(pieces[0])[:80]!r}"


def all_refused(setup, requests):
    return first(refused(setup, request) for request in requests)


def first(faults):
    return next(filter(None, faults), None)


def head(setup, *lines, version="HTTP/1.1", end="\r\n\r\n"):
    """A head whose lines are given in Latin-1."""
    start = [f"POST {setup.target.path} {version}", "Host: localhost", "Content-Type: application/json"]
    return ("\r\n".join([*start, *lines]) + end).encode("latin-1")


@attack("header lines without end")
def endless_lines(setup):
    lines = (f"X-{number}: {'a' * 80}\r\n".encode() * 100 for number in range(20_000))
    return refused(setup, head(setup, end="\r\n"), *lines)


@attack("one header of 100 MiB")
def large_header(setup):
    return refused(setup, head(setup, "X-Large: ", end=""), *[b"a" * MEBIBYTE] * 100)


@attack("10,000 header lines")
def many_lines(setup):
    return refused(setup, head(setup, *(f"X-{number}: a" for number in range(10_000))))


@attack("a request line of 1 MiB")
def long_request_line(setup):
    return refused(setup, b"POST /" + b"a" * MEBIBYTE + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")


@attack("Content-Length that is no length")
def bad_lengths(setup):
    lengths = ["-1", "+2", "0x2", "2 2", "2, 3", "", "two", str(2**63), str(2**64), "9" * 40, "1e1"]
    return all_refused(setup, [head(setup, f"Content-Length: {length}") + b"{}" for length in lengths])


@attack("Content-Length twice, or beside Transfer-Encoding")
def two_lengths(setup):
    two = head(setup, "Content-Length: 2", "Content-Length: 3") + b"{} "
    beside = head(setup, "Content-Length: 2", "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n"
    swapped = head(setup, "Transfer-Encoding: chunked", "Content-Length: 2") + b"2\r\n{}\r\n0\r\n\r\n"
    return all_refused(setup, [two, beside, swapped])


@attack("a body announced with 2^40 bytes")
def huge_body(setup):
    return refused(setup, head(setup, f"Content-Length: {2**40}") + b"{}", *[b"a" * MEBIBYTE] * 20)


@attack("chunked bodies with a bad size")
def bad_chunks(setup):
    sizes = [b"x", b"-1", b"+2", b"0x2", b"2 ", b"", b"ffffffffffffffff", b"10000000000000000", b"2\n"]
    start = head(setup, "Transfer-Encoding: chunked")
    faults = [start + size + b"\r\n{}\r\n0\r\n\r\n" for size in sizes if setup.alone or size != b"2 "]
    return all_refused(setup, faults + [start + b"2\r\n{}XX0\r\n\r\n"])


@attack("a chunked body without end")
def endless_chunks(setup):
    return refused(setup, head(setup, "Transfer-Encoding: chunked"), *[b"400\r\n" + b" " * 1024 + b"\r\n"] * 50_000)


@attack("a chunked body of 1-byte chunks")
def small_chunks(setup):
    start = head(setup, "Transfer-Encoding: chunked")
    return refused(setup, start, *[b"1\r\n[\r\n" * 1000] * 70, b"0\r\n\r\n")


@attack("a chunk extension and a trailer without end")
def chunk_extras(setup):
    start = head(setup, "Transfer-Encoding: chunked")
    extension = refused(setup, start + b"2;", *[b"a=b;" * 1000] * 5000)
    return extension or refused(setup, start + b"2\r\n{}\r\n0\r\n", *[b"X-A: b\r\n" * 1000] * 5000)


@attack("one byte at a time in the head")
def slow_head(setup):
    whole = head(setup, "Content-Length: 2") + b"{}"
    # Slower than the time for a whole request allows, but never silent for long.
    return refused(setup, *(whole[at : at + 1] for at in range(12)), pause=1.0)


@attack("one byte at a time in the body")
def slow_body(setup):
    # Alone, the time for the whole request is over; nginx counts the silence between two bytes.
    pause = 1.0 if setup.alone else 5.0
    start = head(setup, "Content-Length: 20000")
    return refused(setup, start, *[b" "] * (12 if setup.alone else 3), pause=pause)


@attack("a small body that stops before its end")
def short_body(setup):
    return refused(setup, head(setup, "Content-Length: 20") + b"{}")


@attack("the end of the stream in the head and in the body")
def early_end(setup):
    def half_closed(data):
        connection = setup.target.connect()
        connection.sendall(data)
        if setup.alone:
            connection.shutdown(socket.SHUT_WR)
        outcome = exchange(connection, b"")
        return None if outcome.is_refusal() else str(outcome)

    return half_closed(b"POST /") or half_closed(head(setup, "Content-Length: 3000") + b"{}")


@attack("invalid UTF-8, NUL and other bytes that no head may have")
def bad_bytes(setup):
    target = setup.target.path.encode()
    rest = b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    lines = [b"POST " + target + b"\0" + rest, b"PO\0ST " + target + rest, b"\xff\xfe " + target + rest]
    lines += [b"POST " + target + b"\xc3\xa9" + rest] if setup.alone else []
    lines += [b"POST " + target + b"\t" + rest, b"\0" * 100, bytes(range(1, 256)) + b"\r\n\r\n"]
    values = [b"a\0b"] if not setup.alone else [b"a\0b", b"a\x07b", b"a\x7fb"]
    start = head(setup, "Content-Length: 2", end="\r\n")
    return all_refused(setup, lines + [start + b"X-A: " + value + b"\r\n\r\n{}" for value in values])


@attack("bare CR, bare LF and folded lines in the head")
def bad_line_ends(setup):
    cases = [head(setup, "X-A: b\rX-B: c", "Content-Length: 2") + b"{}"]
    cases += [head(setup, "X-A : b", "Content-Length: 2") + b"{}"] if setup.alone else []
    if setup.alone:
        # nginx takes a bare LF for a line end and leaves out what it takes for malformed; what it
        # passes on has neither.
        cases += [head(setup, "X-A: b\nX-B: c", "Content-Length: 2") + b"{}"]
        cases += [head(setup, "X-A: b", " folded", "Content-Length: 2") + b"{}"]
        cases += [head(setup, "Content-Length: 2").replace(b"\r\n", b"\n") + b"{}"]
    return all_refused(setup, cases)


@attack("JSON 100,000 levels deep, and bodies of 64 KiB of [")
def deep_json(setup):
    bodies = [b"[" * 65536, b'{"room_config":' + b"[" * 60_000, b'{"a":' * 13_000, b'{"a":' * 100_000]
    bodies += [b'{"room_config":{"agents":' + b"[" * 30_000 + b"]" * 30_000 + b"}}"]
    return all_refused(setup, [setup.target.request(body, "Connection: close") for body in bodies])


@attack("HTTP/0.9, HTTP/2.0 and its preface, versions that are none")
def other_versions(setup):
    path = setup.target.path
    cases = [f"GET {path}\r\n", f"POST {path} HTTP/2.0\r\nHost: localhost\r\n\r\n"]
    cases += [f"POST {path} HTTP/{version}\r\nHost: localhost\r\n\r\n" for version in ("0.9", "3.0", "1", "11")]
    cases += ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    if not setup.alone:
        # nginx answers HTTP/0.9 with a bare body, and takes `HTTP/1` for... nothing of lkt's concern.
        cases = cases[-1:]
    return all_refused(setup, [case.encode() for case in cases])


@attack("HTTP/1.0, which may keep its connection")
def old_version(setup):
    request = head(setup, "Content-Length: 2", "Connection: keep-alive", version="HTTP/1.0") + b"{}"
    outcome = exchange(setup.target.connect(), request + request, patience=3)
    allowed = [[201, 201]] if setup.alone else [[201], [201, 201]]
    return None if outcome.statuses in allowed else str(outcome)


@attack("a TLS hello and rubbish on the port")
def wrong_protocol(setup):
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(512)
    rubbish = [hello, b"SSH-2.0-OpenSSH_9.2\r\n", bytes(range(256)) * 64, b"\x05\x01\x00" + bytes(2000)]
    outcomes = (exchange(setup.target.connect_raw(), piece) for piece in rubbish)
    # Under TLS, what comes back is an alert or plain HTTP's 400; either way the connection ends.
    wrong = (outcome for outcome in outcomes if not (outcome.is_refusal() or outcome.closed))
    return next(map(str, wrong), None)


@attack("Expect, Upgrade and Connection headers that mislead")
def misleading_headers(setup):
    upgrade = head(setup, "Connection: Upgrade", "Upgrade: h2c", "Content-Length: 2") + b"{}"
    for request in (upgrade, upgrade.replace(b"Upgrade: h2c", b"Upgrade: websocket")):
        outcome = exchange(setup.target.connect(), request + request, patience=2)
        if not set(outcome.statuses) <= {201, 400} or len(outcome.statuses) > 2:
            return str(outcome)
    unknown = head(setup, "Expect: something", "Content-Length: 2") + b"{}"
    # nginx ignores what it does not know of `Expect`, and does not pass it on.
    return refused(setup, unknown) if setup.alone else None


@attack("`Expect: 100-continue` and no body")
def no_body_after_expect(setup):
    outcome = exchange(setup.target.connect(), head(setup, "Content-Length: 2000", "Expect: 100-continue"))
    return None if outcome.is_refusal() else str(outcome)


@attack("10,000 pipelined requests")
def pipelined(setup):
    request = setup.target.request()
    outcome = exchange(setup.target.connect(), *[request * 100] * 100, patience=20)
    # A client that sends and does not read is given up in time; nginx answers as many as a connection may
    # send.
    whole = [status for status, body in outcome.answers if body is not None]
    good = 1 <= len(whole) <= 10_000 and set(whole) == {201}
    return None if good else f"{len(whole)} answers, {set(whole)}, closed: {outcome.closed}"


@attack("500 pipelined requests, answered in their order")
def pipelined_in_order(setup):
    count = 500 if setup.alone else 90
    body = b'{"participant_identity":"%d"}'
    requests = [setup.target.request(body % number) for number in range(count)]
    connection = setup.target.connect()
    for start in range(0, count, 20):
        connection.sendall(b"".join(requests[start : start + 20]))
    outcome = exchange(connection, b"", patience=3)
    got = [claims(body)["sub"] for status, body in outcome.answers if status == 201]
    return None if got == [str(number) for number in range(count)] else f"{len(got)} answers: {got[:5]}"


@attack("a chunked body of 60 KiB, with extensions and trailers")
def large_chunked(setup):
    pieces = [b'40;a="b"\r\n' + b" " * 64 + b"\r\n" for _ in range(958)]
    last = b"2\r\n{}\r\n0\r\nX-Trailer: a\r\n\r\n"
    start = head(setup, "Transfer-Encoding: chunked", "Connection: close")
    outcome = exchange(setup.target.connect(), start, *pieces, last)
    return None if outcome.statuses == [201] else str(outcome)


RACED = "a second request that comes while the first is read, 2,000 times"
ALONE_ONLY[RACED] = "nginx sends one request at a time"


@attack(RACED)
def raced(setup):
    """What comes with a request must not be taken for a part of it."""
    first_request = setup.target.request()
    # These could stop tiny_http, were it to read them.
    seconds = [b"PRI * HTTP/2.0\r\n\r\n", b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nX: "]
    for turn, second in zip(range(2000), itertools.cycle(seconds)):
        connection = setup.target.connect()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(first_request)
        for _ in range(turn % 50 * 4):
            pass
        try:
            connection.sendall(second)
            connection.recv(4096)
            connection.sendall(first_request)
        except OSError:
            pass
        connection.close()
    return None


@attack("a client that never reads its answers")
def never_reads(setup):
    """Asks until neither side can send any more."""
    connections = []
    for _ in range(20):
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        raw.bind(("127.0.0.66", 0))
        raw.connect(setup.target.address)
        connections.append(setup.target.secure(raw))
    request = setup.target.request(b'{"room_name":"' + b"a" * 200 + b'"}')
    for connection in connections:
        connection.settimeout(0.02)
    asking = set(connections)
    for _ in range(300):
        for connection in list(asking):
            try:
                connection.sendall(request)
            except (OSError, ValueError):
                asking.discard(connection)
        # Not pipelined: given time, each is answered before the next comes.
        setup.pause(0.01)
    # Whatever had been answered may still be read, but alone there is an end; to nginx, who reads is
    # welcome again.
    patience = 12 if setup.alone else 0.5
    outcomes = [exchange(connection, b"", patience=patience) for connection in connections]
    wrong = (o for o in outcomes if (setup.alone and not o.closed) or not set(o.statuses) <= {201, 408})
    return next((f"{len(o.statuses)} answers, {set(o.statuses)}, closed: {o.closed}" for o in wrong), None)


@attack("a reset in the middle of a request and of an answer")
def reset_midway(setup):
    request = setup.target.request(b"{}" + b" " * 3000)
    for length in range(1, len(request) + 1, 37):
        connection = setup.target.connect()
        connection.sendall(request[:length])
        reset(connection)
    return None


def reset(connection):
    """Closes without a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
