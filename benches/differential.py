"""Sends the same varied requests to two builds of lkt, and compares their answers byte for byte.

python3 benches/differential.py OLD NEW [--requests 100000] [--seed 1] [--without PATTERN]

What changes from one request to the next is left out: `Date`, `X-Request-Id`, the times in a token, random texts, and so
the signature, which is computed again instead.
"""

import argparse
import base64
import hashlib
import hmac
import json
import random
import re
import socket
import subprocess
import sys

KEY, SECRET = "devkey", b"secret"

# Each is a server of its own: a plain one, and such as decide about fields.
SETUPS = [
    [],
    ["--deny", "participant_metadata", "--require", "room_name", "--allow-room", "demo*"],
    ["--default", "room_name=lobby", "--set", "participant_name={identity}-{random}", "--grant", "canPublish=false"],
]

TEXTS = [
    "", "a", "demo", "demo-1", "ada", "Zoë", "日本語", "😀", 'a"b', "a\\b", "a\nb\t\r", "\x00\x1f", "\x7f", "\u2028<>&'",
    "x" * 255, "x" * 256, "x" * 257, "y" * 4000, "z" * 30000, '{"plan": "pro"}', " padded ", "{random}", "{identity}",
]
FIELDS = ["room_name", "participant_identity", "participant_name", "participant_metadata", "participant_attributes", "room_config"]
CONFIGS = [
    {}, {"agents": [{"agent_name": "a", "metadata": "{}"}]}, {"agents": [{"agentName": "a"}, {}]}, {"name": "x"},
    {"emptyTimeout": 3}, {"empty_timeout": "30", "departureTimeout": 0}, {"max_participants": -1}, {"unknown": [1, {}]},
    {"metadata": None, "tags": {"a": "b"}}, {"egress": {"room": {"file_outputs": [{"filepath": "a"}]}}},
    {"egress": {"room": {"fileOutputs": [{"s3": {"accessKey": "a", "secret": "b"}}]}}}, {"agents": {}}, [], "", None, 7,
]


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def value(pick, field):
    if pick.random() < 0.08:
        return pick.choice([None, 0, -1.5, 1e300, True, False, [], {}, "", ["a"], {"a": 1}, [[]], {"a": {}}])
    if field == "participant_attributes":
        return {pick.choice(TEXTS[:16]): pick.choice([*TEXTS[:18], None]) for _ in range(pick.choice([0, 1, 2, 3, 40]))}
    if field == "room_config":
        return pick.choice(CONFIGS)
    return pick.choice(TEXTS if pick.random() < 0.7 else TEXTS[:6])


def body(pick):
    members = []
    for field in pick.sample(FIELDS, pick.choice([0, 1, 2, 3, 6])):
        name = field if pick.random() < 0.7 else camel(field)
        members.append((name, value(pick, field)))
    if pick.random() < 0.1:
        name = pick.choice(["room", "identity", "x", "x.y", "room_config.agents", "ROOM_NAME", "", "é", *FIELDS])
        members.append((name, value(pick, "x")))
    if pick.random() < 0.03 and members:
        members.append(pick.choice(members))
    dumps = lambda what: json.dumps(what, ensure_ascii=pick.random() < 0.5)
    text = "{" + ",".join(f"{dumps(name)}:{dumps(what)}" for name, what in members) + "}"
    odd = pick.random()
    if odd < 0.06:
        text = pick.choice(
            ["", " ", "null", "[]", "{", "}", "{}x", '"a"', "7", "\ufeff{}", " {} ", "{}" * 2, '{"room_name":"\\ud83d"}',
             '{"room_name":"\\ud83d\\ude00"}', '{"room_name":"a\nb"}', "[" * 200, '{"a":' * 40 + "1" + "}" * 40,
             '{"x":[' + "1," * 1100 + "1]}", '{"room_name":"a","roomName":"b"}', '{"participant_attributes":{"a":"1","a":"2"}}',
             '{"participant_attributes":{"a":null,"a":null}}', text[:-1], text + ",", text.replace(":", ": "), "\t" + text]
        )
    data = text.encode("utf-8", "surrogatepass")
    if odd > 0.995:
        data = data[: len(data) // 2] + bytes([pick.randrange(256)]) + data[len(data) // 2 :]
    return data


def request(pick):
    """The bytes of a request, and whether the answer to it has a body."""
    method = pick.choices(["POST", "GET", "OPTIONS", "HEAD", "PUT"], [92, 3, 3, 1, 1])[0]
    path = pick.choices(
        ["/getToken", "/", "/token", "/api/token", "/api/connection-details", "/api/v2/sandbox/connection-details",
         "/api/sandbox/connection-details", "/healthz", "/nothing", "/getToken?a=b&a=%20", "/getToken?roomName=q",
         "/api/connection-details?roomName=q&participantName=p"],
        [60, 2, 4, 4, 4, 4, 4, 2, 1, 2, 1, 4])[0]
    data = body(pick) if method in ("POST", "PUT") else b""
    lines = [("Host", pick.choices(["localhost", "127.0.0.1", "10.0.2.2:3000", "evil.example", "LOCALHOST:1"], [80, 10, 5, 3, 2])[0])]
    if data or pick.random() < 0.2:
        lines.append(("Content-Type", pick.choices(
            ["application/json", "Application/JSON; charset=utf-8", "text/plain", "", "application/x-www-form-urlencoded"],
            [85, 8, 3, 2, 2])[0]))
    if pick.random() < 0.3:
        lines.append(("Origin", pick.choice(["http://localhost:5173", "https://evil.example", "null", "http://127.0.0.1"])))
    if method == "OPTIONS":
        lines += [("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type")]
    if pick.random() < 0.2:
        lines.append((pick.choice(["User-Agent", "X-A", "x_b", "Accept", "Cookie"]), pick.choice(["a", "a, b", "é", "x" * 300, ""])))
    if pick.random() < 0.02:
        lines.append(("Connection", pick.choice(["close", "keep-alive", "Upgrade, HTTP2-Settings"])))
    version = "1.0" if pick.random() < 0.01 else "1.1"
    if data and version == "1.1" and pick.random() < 0.05:
        lines.append(("Transfer-Encoding", "chunked"))
        cut = pick.randrange(len(data))
        parts = [part for part in (data[:cut], data[cut:]) if part]
        data = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    elif data or pick.random() < 0.5:
        lines.append(("Content-Length", str(len(data))))
    pick.shuffle(lines)
    if pick.random() < 0.01:
        lines.append(pick.choice([("Host", "b"), ("Content-Length", "3"), ("A B", "c"), ("Expect", "200"), ("A", "b\rc")]))
    head = f"{method} {path} HTTP/{version}\r\n" + "".join(f"{name}: {text}\r\n" for name, text in lines) + "\r\n"
    return head.encode() + data, method != "HEAD"


class Server:
    """A build of lkt, and a connection to it."""

    def __init__(self, program, flags):
        command = [program, "serve", "--dev", "-q", "--listen", "127.0.0.1:0", *flags]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = probe.getsockname()
        command[command.index("127.0.0.1:0")] = f"127.0.0.1:{self.address[1]}"
        self.process = subprocess.Popen(command)
        self.connection, self.left = None, b""
        while self.connection is None:
            try:
                self.connection = socket.create_connection(self.address)
            except ConnectionError:
                if self.process.poll() is not None:
                    raise SystemExit(f"{command} has ended")

    def send(self, data):
        if self.connection is None:
            self.connection, self.left = socket.create_connection(self.address), b""
        self.connection.settimeout(30)
        self.connection.sendall(data)

    def more(self):
        piece = self.connection.recv(1 << 20)
        self.left += piece
        return bool(piece)

    def answer(self, has_body):
        """The next answer: its head and its body."""
        while b"\r\n\r\n" not in self.left and self.more():
            pass
        head, _, self.left = self.left.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)", head)
        length = int(length[1]) if length and has_body else 0
        while len(self.left) < length and self.more():
            pass
        content, self.left = self.left[:length], self.left[length:]
        if not head or b"\r\nconnection: close" in head or b" HTTP/1.0" in head:
            self.connection.close()
            self.connection = None
        return head, content

    def stop(self):
        self.process.terminate()
        self.process.wait()


def plain(token):
    """A token without what differs from one to the next."""
    header, claims, signature = token.split(b".")
    mac = hmac.new(SECRET, header + b"." + claims, hashlib.sha256).digest()
    assert signature == base64.urlsafe_b64encode(mac).rstrip(b"="), "the signature is wrong"
    text = base64.urlsafe_b64decode(claims + b"=" * (-len(claims) % 4))
    text = re.sub(rb'"(iat|nbf|exp)":\d+', rb'"\1":0', text)
    return header + b"." + RANDOM.sub(rb"RANDOM", text)


# Eight letters and digits of `{random}`.
RANDOM = re.compile(rb"(?<=-)[a-km-np-z2-9]{8}(?![a-z0-9])")


def comparable(head, content, without, is_large):
    if is_large:
        # Whether a body that is refused by its head has arrived by then depends on the moment.
        head = head.replace(b"\r\nconnection: close", b"")
    head, content = (re.sub(without, b"", part) for part in (head, content))
    head = re.sub(rb"\r\n(date|x-request-id): [^\r]*", b"", head)
    # The last token in a body, as a pattern: a body may have any text.
    content = re.sub(rb"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\.[\w-]+\.[\w-]+", lambda found: plain(found[0]), content)
    # The claims' length depends on nothing random, so the length of the answer does not either.
    return head, RANDOM.sub(b"RANDOM", content)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without", default="(?!)", help="a pattern of what differs on purpose, and is left out")
    options = parser.parse_args()
    without = re.compile(options.without.encode())
    pick, statuses = random.Random(options.seed), {}
    for flags in SETUPS:
        servers = [Server(program, flags) for program in (options.old, options.new)]
        for number in range(options.requests // len(SETUPS)):
            data, has_body = request(pick)
            for server in servers:
                server.send(data)
            answers = [server.answer(has_body) for server in servers]
            old, new = (comparable(*answer, without, len(data) > 4096) for answer in answers)
            if old != new:
                raise SystemExit(f"request {number} of {flags}: {data!r}\nold: {answers[0]!r}\nnew: {answers[1]!r}")
            status = old[0].split(b" ")[1:2]
            statuses[status[0].decode() if status else "none"] = statuses.get(status[0].decode() if status else "none", 0) + 1
        for server in servers:
            server.stop()
    print("the same answers:", ", ".join(f"{count} of {status}" for status, count in sorted(statuses.items())), file=sys.stderr)


if __name__ == "__main__":
    main()
