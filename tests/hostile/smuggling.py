"""Requests hidden in others (CL and TE games): never read as a request of their own, nor as part of
anybody else's, also through a proxy that sends many clients' requests over one connection."""

import itertools
import json

from target import exchange
from tokens import claims
from wellbehaved import CLIENT_ADDRESS

HIDDEN_ROOM = "smuggled"
ROUNDS = 5


def games(setup):
    """Name, bytes, and the statuses that a server alone and one behind nginx must answer with."""
    hidden = setup.target.request(json.dumps({"room_name": HIDDEN_ROOM}).encode())
    size = len(hidden)

    def post(*lines, body=b"{}", method="POST", version="1.1", path=None):
        start = [f"{method} {path or setup.target.path} HTTP/{version}", "Host: localhost"]
        start += ["Content-Type: application/json", *lines]
        return ("\r\n".join(start) + "\r\n\r\n").encode("latin-1") + body

    ended = b"0\r\n\r\n" + hidden
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (size, hidden)
    refused = [[400]]

    yield "two lengths, the first short", post("Content-Length: 2", f"Content-Length: {size + 2}", body=b"{}" + hidden), refused, refused
    yield "two lengths, the second short", post(f"Content-Length: {size + 2}", "Content-Length: 2", body=b"{}" + hidden), refused, refused
    yield "a list of lengths", post(f"Content-Length: 2, {size + 2}", body=b"{}" + hidden), refused, refused
    yield "a length with a sign", post("Content-Length: +2", body=b"{}" + hidden), refused, refused
    yield "CL.TE", post(f"Content-Length: {len(ended)}", "Transfer-Encoding: chunked", body=ended), refused, refused
    yield "TE.CL", post("Transfer-Encoding: chunked", "Content-Length: 4", body=chunked), refused, refused
    # nginx knows no coding but `chunked`, and says 501 to the others.
    for coding in ["xchunked", "chunked, identity", "identity", "gzip, chunked", "chunked;q=1", "\x0bchunked"]:
        yield f"TE `{coding!r}`", post(f"Transfer-Encoding: {coding}", body=ended), refused, [[400], [501]]
        both = post(f"Content-Length: {len(ended)}", f"Transfer-Encoding: {coding}", body=ended)
        yield f"CL beside TE `{coding!r}`", both, refused, [[400], [501]]
    twice = post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=ended)
    yield "two codings", twice, refused, [[400], [501]]
    # nginx leaves out header lines with a space in the name, and so passes on no body: what follows
    # it takes for requests of the same client, which it may well send.
    spaced = post("Transfer-Encoding : chunked", f"Content-Length: {len(ended)}", body=ended)
    yield "a space before the colon", spaced, refused, [[400], [201]]
    folded = post("X-A: b", " Transfer-Encoding: chunked", f"Content-Length: {len(ended)}", body=ended)
    yield "a folded coding", folded, refused, [[400]]
    bare = post("X-A: b\nTransfer-Encoding: chunked", f"Content-Length: {len(ended)}", body=ended)
    yield "a bare LF before the coding", bare, refused, refused
    yield "HTTP/1.0 with a coding", post("Transfer-Encoding: chunked", version="1.0", body=ended), refused, refused

    # Bodies that are requests.
    body = post(f"Content-Length: {size}", body=hidden)
    yield "a request as a body", body, refused, refused
    yield "a request as a chunk", post("Transfer-Encoding: chunked", body=chunked), refused, refused
    yield "a request as the body of GET", post(f"Content-Length: {size}", body=hidden, method="GET"), [[405]], [[405]]
    large = hidden * 20
    wrong = post(f"Content-Length: {len(large)}", body=large, path=setup.target.path + "/none")
    yield "requests as a body that nobody wants", wrong, [[404]], [[404]]
    options = post(f"Content-Length: {size}", "Origin: http://localhost", "Access-Control-Request-Method: POST", body=hidden, method="OPTIONS")
    yield "a request as the body of OPTIONS", options, [[204]], [[204]]
    expect = post(f"Content-Length: {len(large)}", "Expect: 100-continue", body=large)
    yield "requests as a body that was announced", expect, refused, refused


def run(report, setup):
    for name, data, expected_alone, expected_nginx in games(setup):
        expected = expected_alone if setup.alone else expected_nginx
        report.case(f"{setup.name}: smuggling, {name}", lambda: (list(game(setup, data, expected)), ""))
    report.case(f"{setup.name}: smuggling, more than the body's length", lambda: (list(overlong(setup)), ""))
    report.case(f"{setup.name}: smuggling, a request after a request", lambda: (list(second(setup)), ""))


def game(setup, data, expected):
    """Plays a game a few times, each time with somebody else's requests before and after it."""
    for number in range(ROUNDS):
        yield bystander(setup, f"before-{number}")
        outcome = exchange(setup.target.connect(), data, patience=1.5)
        if outcome.statuses not in expected:
            yield f"{outcome.statuses} where one of {expected} was due"
        yield from hidden_tokens(outcome)
        yield bystander(setup, f"after-{number}")


def hidden_tokens(outcome):
    for status, body in outcome.answers:
        if status == 201 and claims(body)["video"]["room"] == HIDDEN_ROOM:
            yield "a token for the hidden request"


numbers = itertools.count()


def bystander(setup, name):
    """Asks as somebody else; what is wrong if the answer is not to this very question."""
    identity = f"{name}-{next(numbers)}"
    request = setup.target.request(json.dumps({"participant_identity": identity}).encode(), "Connection: close")
    outcome = exchange(setup.target.connect(CLIENT_ADDRESS), request)
    if outcome.statuses != [201]:
        return f"somebody else got {outcome}"
    got = claims(outcome.answers[0][1])
    right = got["sub"] == identity and got["video"]["room"] != HIDDEN_ROOM
    return None if right else f"somebody else got a token of {got['sub']}"


def overlong(setup):
    """What follows a body is not part of it: it is the next request, and not a good one."""
    request = setup.target.request(b"{}") + b"garbage" * 10 + b"\r\n\r\n"
    outcome = exchange(setup.target.connect(), request, patience=2)
    if outcome.statuses != [201, 400] or not outcome.closed:
        yield str(outcome)


def second(setup):
    """Two requests at once are two of the same client: each is answered as itself, in order."""
    first_one = setup.target.request(b'{"participant_identity":"first"}')
    other = setup.target.request(b'{"participant_identity":"second"}')
    outcome = exchange(setup.target.connect(), first_one + other, patience=2)
    who = [claims(body)["sub"] for status, body in outcome.answers if status == 201]
    if who != ["first", "second"]:
        yield f"answers for {who}"
    # One after the other on one connection, the second is answered as well.
    connection = setup.target.connect()
    connection.sendall(first_one)
    received = connection.recv(8192)
    outcome = exchange(connection, other, patience=1)
    if not received.startswith(b"HTTP/1.1 201") or [claims(b)["sub"] for _, b in outcome.answers] != ["second"]:
        yield f"{received[:20]!r}, then {outcome}"
