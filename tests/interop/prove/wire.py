"""What LiveKit's clients send to a token endpoint, byte for byte, and what they make of the answer.

These clients cannot run here (phones, game engines, a microcontroller), so their requests are written down as they
leave the client, and their readers as rules; both from the clients' public source.
"""

import base64
import dataclasses
import json
import re
import socket
import time
import urllib.parse

from common import equal, lkt_serve, proof, require

# Every option that a client has, as each of them writes it.
ORDERED = (
    '{"room_name":"my-room","participant_name":"Ünï 🚀","participant_identity":"user-123",'
    '"participant_metadata":"{\\"plan\\":\\"pro\\",\\"u\\":\\"https://x.io/a\\"}",'
    '"participant_attributes":{"lang":"日本語","role":"admin"},'
    '"room_config":{"agents":[{"agent_name":"my-agent","metadata":"{\\"task\\":\\"greet\\"}","deployment":"staging"}]}}'
)
# C++ sorts the keys.
ALPHABETICAL = (
    '{"participant_attributes":{"lang":"日本語","role":"admin"},"participant_identity":"user-123",'
    '"participant_metadata":"{\\"plan\\":\\"pro\\",\\"u\\":\\"https://x.io/a\\"}","participant_name":"Ünï 🚀",'
    '"room_config":{"agents":[{"agent_name":"my-agent","deployment":"staging","metadata":"{\\"task\\":\\"greet\\"}"}]},'
    '"room_name":"my-room"}'
)
# Swift has another order in every process, and escapes slashes.
SHUFFLED = (
    '{"room_config":{"agents":[{"metadata":"{\\"task\\":\\"greet\\"}","deployment":"staging","agent_name":"my-agent"}]},'
    '"participant_attributes":{"role":"admin","lang":"日本語"},"participant_name":"Ünï 🚀","room_name":"my-room",'
    '"participant_metadata":"{\\"plan\\":\\"pro\\",\\"u\\":\\"https:\\/\\/x.io\\/a\\"}","participant_identity":"user-123"}'
)
EVERYTHING = {
    "sub": "user-123",
    "name": "Ünï 🚀",
    "metadata": '{"plan":"pro","u":"https://x.io/a"}',
    "attributes": {"lang": "日本語", "role": "admin"},
    "roomConfig": {"agents": [{"agentName": "my-agent", "deployment": "staging", "metadata": '{"task":"greet"}'}]},
    "video": {"roomJoin": True, "room": "my-room"},
}
NOTHING = {
    "sub": "quickstart-identity",
    "name": "quickstart-username",
    "video": {"roomJoin": True, "room": "quickstart-room"},
}


def dispatching(room, agent):
    return {**NOTHING, "video": {"roomJoin": True, "room": room}, "roomConfig": {"agents": [agent]}}


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


def text(value):
    return isinstance(value, str)


def success(answer):
    require(200 <= answer.status < 300, f"status {answer.status}")


def one_of(*namings):
    """A client that takes all of its names from one of these spellings."""

    def read(answer):
        for url, token in namings:
            if text(answer.json.get(url)) and text(answer.json.get(token)):
                return answer.json[url], answer.json[token]
        require(False, f"names {sorted(answer.json)}")

    return read


SNAKE = ("server_url", "participant_token")
CAMEL = ("serverUrl", "participantToken")


def javascript(answer):
    success(answer)
    return one_of(SNAKE, CAMEL)(answer)


def swift(answer):
    success(answer)
    url, token = one_of(SNAKE)(answer)
    parts = urllib.parse.urlsplit(url)
    require(parts.hostname and parts.scheme in ("ws", "wss", "http", "https"), url)
    return url, token


def android(answer):
    return one_of(SNAKE, CAMEL)(answer)  # whatever the status


def flutter(answer):
    success(answer)
    # Without this type, or a charset, the body is read as Latin-1.
    require(answer.headers["content-type"].startswith("application/json"), "Content-Type")
    return one_of(SNAKE, CAMEL)(answer)


def rust(answer):
    success(answer)
    return one_of(SNAKE)(answer)


def cpp(answer):
    success(answer)
    url, token = one_of(SNAKE, CAMEL)(answer)
    require(url and token, "an empty string")
    return url, token


def unity(answer):
    success(answer)
    return one_of(SNAKE)(answer)


def esp32(answer):
    equal(answer.status, 200, "status")
    require("transfer-encoding" not in answer.headers, "it cannot read chunks")
    require(int(answer.headers["content-length"]) <= 2048, "its buffer ends at 2048 bytes")
    require(text(answer.json["roomName"]) and text(answer.json["participantName"]), "names")
    return one_of(CAMEL)(answer)


JSON = ["Content-Type: application/json"]
OKHTTP = ["Content-Length: {length}", "Host: {host}", "Connection: Keep-Alive", "Accept-Encoding: gzip"]
OKHTTP += ["User-Agent: okhttp/4.12.0"]
NODE = ["host: {host}", "connection: keep-alive", "content-type: application/json", "accept: */*"]
NODE += ["accept-language: *", "sec-fetch-mode: cors", "user-agent: node", "accept-encoding: gzip, deflate"]
CFNETWORK = ["Host: {host}", "Accept: */*", "Content-Length: {length}", "Accept-Language: en-GB,en;q=0.9"]
CFNETWORK += ["Accept-Encoding: gzip, deflate", "User-Agent: app/1 CFNetwork/3826 Darwin/25", "Connection: keep-alive"]
DART = ["user-agent: Dart/3.9 (dart:io)", "accept-encoding: gzip", "content-length: {length}", "host: {host}"]
ESP = ["Host: {host}", "User-Agent: ESP32 HTTP Client/1.0", "X-Sandbox-ID: interop", "Content-Length: {length}"]
CURL = ["Host: {host}", "User-Agent: LiveKit-CPP/1.0", "Accept: */*"]
LENGTH = ["Content-Length: {length}"]
# Rust writes its host after its headers, and has no User-Agent.
REQWEST = ["content-type: application/json", "accept: */*", "host: {host}", "content-length: {length}"]

ENDPOINT = "/getToken"
SANDBOX_1 = "/api/sandbox/connection-details"
SANDBOX_2 = "/api/v2/sandbox/connection-details"

# Who, what of it, path, head, body, claims, reader.
REPLAYS = [
    ("Swift", "nothing set", ENDPOINT, JSON + CFNETWORK, '{"room_config":{}}', NOTHING, swift),
    ("Swift", "everything set", ENDPOINT, JSON + CFNETWORK, SHUFFLED, EVERYTHING, swift),
    (
        "Swift",
        "a Content-Type of the app's",
        ENDPOINT,
        ["Content-Type: text/plain,application/json"] + CFNETWORK,
        SHUFFLED,
        EVERYTHING,
        swift,
    ),
    (
        "Swift",
        "development token server",
        SANDBOX_2,
        JSON + ["X-Sandbox-ID: interop"] + CFNETWORK,
        SHUFFLED,
        EVERYTHING,
        swift,
    ),
    ("Android", "nothing set", ENDPOINT, JSON + OKHTTP, '{"room_config":{}}', NOTHING, android),
    ("Android", "everything set", ENDPOINT, JSON + OKHTTP, ORDERED, EVERYTHING, android),
    (
        "Android",
        "a base URL that ends in a slash",
        f"/{SANDBOX_2}",
        JSON + ["X-Sandbox-ID: interop"] + OKHTTP,
        ORDERED,
        EVERYTHING,
        android,
    ),
    (
        "Flutter",
        "nothing set",
        ENDPOINT,
        ["content-type: application/json"] + DART,
        '{"room_config":{}}',
        NOTHING,
        flutter,
    ),
    (
        "Flutter",
        "everything set, package:http before 1.6",
        ENDPOINT,
        ["content-type: application/json; charset=utf-8"] + DART,
        ORDERED,
        EVERYTHING,
        flutter,
    ),
    ("React Native", "nothing set", ENDPOINT, ["content-type: application/json"] + OKHTTP, "{}", NOTHING, javascript),
    (
        "React Native",
        "everything set",
        ENDPOINT,
        ["content-type: application/json"] + OKHTTP,
        ORDERED,
        EVERYTHING,
        javascript,
    ),
    ("Unity", "nothing set", ENDPOINT, JSON + LENGTH + ["Host: {host}"], "{}", NOTHING, unity),
    ("Unity", "everything set", ENDPOINT, JSON + LENGTH + ["Host: {host}"], ORDERED, EVERYTHING, unity),
    (
        "Unity",
        "an attribute that is null",
        ENDPOINT,
        JSON + LENGTH + ["Host: {host}"],
        '{"participant_attributes":{"k":null}}',
        NOTHING,
        unity,
    ),
    ("C++", "nothing set", ENDPOINT, CURL + JSON + LENGTH, "{}", NOTHING, cpp),
    ("C++", "everything set", ENDPOINT, CURL + JSON + LENGTH, ALPHABETICAL, EVERYTHING, cpp),
    ("Rust", "nothing set", ENDPOINT, REQWEST, "{}", NOTHING, rust),
    (
        "Rust",
        "two Content-Type lines",
        ENDPOINT,
        ["content-type: application/json"] + REQWEST,
        ORDERED,
        EVERYTHING,
        rust,
    ),
    (
        "Rust",
        "empty strings and maps",
        ENDPOINT,
        REQWEST,
        '{"room_name":"","participant_attributes":{}}',
        NOTHING,
        rust,
    ),
    ("JavaScript", "nothing set", ENDPOINT, NODE + LENGTH, "{}", NOTHING, javascript),
    (
        "JavaScript",
        "a Content-Type of the app's",
        ENDPOINT,
        ["Host: {host}", "content-type: application/json, text/plain"] + LENGTH,
        ORDERED,
        EVERYTHING,
        javascript,
    ),
    ("ESP32", "nothing set", SANDBOX_1, JSON + ESP, "{\n}", NOTHING, esp32),
    (
        "ESP32",
        "everything set",
        SANDBOX_1,
        JSON + ESP,
        '{\n\t"roomName":\t"my-room",\n\t"participantName":\t"esp"\n}',
        {**NOTHING, "name": "esp", "video": {"roomJoin": True, "room": "my-room"}},
        esp32,
    ),
    (
        "agents-playground",
        "no agent name",
        ENDPOINT,
        NODE + LENGTH,
        '{"room_name":"room-x","room_config":{"agents":[{}]}}',
        dispatching("room-x", {}),
        javascript,
    ),
    (
        "an app",
        "a deployment alone",
        ENDPOINT,
        NODE + LENGTH,
        '{"room_config":{"agents":[{"deployment":"staging"}]}}',
        dispatching("quickstart-room", {"deployment": "staging"}),
        javascript,
    ),
    (
        "agent-starter-react",
        "an empty X-Sandbox-Id",
        SANDBOX_2,
        NODE + ["X-Sandbox-Id: "] + LENGTH,
        "{}",
        NOTHING,
        javascript,
    ),
    (
        "protojson",
        "camelCase names",
        ENDPOINT,
        JSON + CURL + LENGTH,
        '{"roomName":"my-room","roomConfig":{"agents":[{"agentName":"a"}]}}',
        dispatching("my-room", {"agentName": "a"}),
        javascript,
    ),
    ("curl -X POST", "no body, no Content-Type", ENDPOINT, ["Host: {host}", "Accept: */*"], "", NOTHING, javascript),
]


def send(base, path, head, body):
    """Sends bytes as they are, and reads one answer."""
    host = base.removeprefix("http://")
    body = body.encode()
    lines = [f"POST {path} HTTP/1.1", *(line.format(host=host, length=len(body)) for line in head), "", ""]
    address, port = host.split(":")
    with socket.create_connection((address, int(port)), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode() + body)
        return receive(connection.makefile("rb"))


def receive(stream):
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return Answer(status, headers, stream.read(int(headers["content-length"])))


def read_token(token):
    """The claims as the strictest reader among the clients takes them (Rust, and Swift through it)."""
    parts = token.split(".")
    require(len(parts) == 3 and all(re.fullmatch(r"[\w-]+", part) for part in parts), "parts")
    claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    nbf, exp, now = claims.pop("nbf"), claims.pop("exp"), time.time()
    require(type(nbf) is int and type(exp) is int, "times have to be integers")
    require(nbf <= now and now + 60 < exp, "clients would not cache it")
    return {name: value for name, value in claims.items() if name not in ("iss", "iat")}


def main():
    with lkt_serve() as (base, _):
        for who, what, path, head, body, claims, reader in REPLAYS:
            with proof(f"wire: {who}, {what}"):
                answer = send(base, path, head, body)
                require(reader is esp32 or answer.status == 201, f"{answer.status} {answer.body}")
                url, token = reader(answer)
                equal(url, "wss://interop.example", "URL")
                equal(read_token(token), claims, "claims")
        with proof("wire: Android takes no refusal for an answer: it looks at no status"):
            answer = send(base, ENDPOINT, JSON + OKHTTP, '{"room_name":7}')
            equal((answer.status, "participant_token" in answer.json), (400, False), "refusal")


main()
