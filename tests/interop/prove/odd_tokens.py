"""Odd tokens, made by a seeded generator, in the hands of LiveKit's own verifier and of `lkt inspect --verify`.

Go's verifier is the LiveKit server's own: both must accept the same tokens, and read the same grants in them.
Names in another case, claims that stand twice, values of other types, times beyond every reach, text that is no
UTF-8: everything that two readers of JSON may take differently.
"""

import json
import os
import random
import subprocess
import sys
import time

from common import HERE, KEY, environment, proof, require, run_lkt
from tokens import signed

COUNT = 400
TIMES = [
    "9223372036854775807", "9223372036854775808", "18446744073709551615", "9223372036854774784", "9.3e18",
    "9223371974719179007", "9223371974719180000", "1e300", "-1e300", "1e400", "-5", "-0.5", "0", "null", '""',
    '"soon"', '"+5"', '" 5"', '".5"', '"0x10"', "true", "[]", "{}",
]
TEXTS = ['"ada"', '""', "null", "5", "true", "[]", "{}", r'"\ud83d"', r'"\ud83d\ude00"', '"\\u0000"', '"\xff"']
FLAGS = ["true", "false", "null", '"true"', "1", "0", "[]", "{}"]
LISTS = ["[]", '["camera"]', '["camera",null]', "[null]", '["hologram"]', "null", '"camera"', "[1]", "{}"]
OBJECTS = ["{}", "null", "[]", '"x"', "1"]
CONFIGS = [
    "{}", "null", "[]", '{"emptyTimeout":5}', '{"empty_timeout":"5"}', '{"emptyTimeout":-1}', '{"syncStreams":1}',
    '{"emptyTimeout":1,"empty_timeout":2}', '{"agents":[{}]}', '{"agents":[null]}', '{"agents":{}}', '{"new":1}',
    '{"EmptyTimeout":5}', '{"emptyTimeout":5.0}', '{"emptyTimeout":5.5}', '{"agents":[{"restartPolicy":"NEW"}]}',
    '{"metadata":5}', '{"egress":null,"metadata":null}', '{"tags":{"a":1}}', '{"tags":{"a":"b"}}',
]
SECTIONS = {
    "video": {
        "roomJoin": FLAGS, "roomAdmin": FLAGS, "room": TEXTS, "canPublish": FLAGS, "canSubscribe": FLAGS,
        "canPublishSources": LISTS, "hidden": FLAGS, "destinationRoom": TEXTS, "nosuch": FLAGS,
    },
    "sip": {"admin": FLAGS, "call": FLAGS},
    "agentThread": {"threadIds": LISTS, "read": FLAGS, "scope": TEXTS},
    "inference": {"perform": FLAGS},
}
CLAIMS = {
    "name": TEXTS, "metadata": TEXTS, "kind": [*TEXTS, '"AGENT"', '"martian"'], "kindDetails": LISTS, "jti": TEXTS,
    "aud": [*TEXTS, *LISTS], "identity": TEXTS, "iat": TIMES, "sub": TEXTS, "sha256": TEXTS, "roomConfig": CONFIGS,
    "attributes": ['{"a":"1"}', '{"a":null}', '{"a":1}', '{"a":"1","a":"2"}', '{"b":"2"}', *OBJECTS],
    "nosuch": ["1", "null", "[1]", '{"a":{"a":1,"a":2}}'], "room_config": ["{}"],
}


def odd_name(chance, name):
    """The name as it is, or in a spelling that Go takes for it, or nearly so."""
    if chance.random() < 0.6:
        return name
    folds = [name.upper(), name.lower(), name.capitalize(), name.replace("s", "\u017f"), name.replace("k", "\u212a")]
    return chance.choice([*folds, name.replace("o", "\u00f6"), f"{name} ", name.replace("C", "_c")])


def members(chance, table, most):
    names = [chance.choice(list(table)) for _ in range(chance.randint(0, most))]
    return [f"{json.dumps(odd_name(chance, name))}:{chance.choice(table[name])}" for name in names]


def grants(chance, name):
    if chance.random() < 0.15:
        return chance.choice(OBJECTS)
    return "{" + ",".join(members(chance, SECTIONS[name], 5)) + "}"


def claims(chance):
    """Claims as text. Most differ from good ones in little, since one thing that is refused hides the others."""
    now = int(time.time())
    parts = [f'"iss":"{KEY}"', '"sub":"eve"', f'"nbf":{now - 10}', f'"exp":{now + 600}']
    parts.append('"video":{"roomJoin":true,"room":"demo"}')
    for _ in range(chance.randint(0, 2)):
        section = chance.choice(list(SECTIONS))
        parts.append(f"{json.dumps(odd_name(chance, section))}:{grants(chance, section)}")
    parts += members(chance, CLAIMS, 2)
    if chance.random() < 0.3:
        parts += members(chance, {"exp": TIMES, "nbf": TIMES, "iss": TEXTS}, 1)
    if chance.random() < 0.2:
        parts.pop(chance.randrange(len(parts)))
    if chance.random() < 0.3:
        chance.shuffle(parts)
    return "{" + ",".join(parts) + "}"


def token(chance):
    text = claims(chance).encode("latin-1", "ignore") if chance.random() < 0.1 else claims(chance).encode()
    whole = signed(text)
    if chance.random() < 0.05:
        # The last character of a signature has two bits that are left over.
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        whole = whole[:-1] + letters[letters.index(whole[-1]) ^ chance.randint(1, 3)]
    return text, whole


def said(value):
    """Grants without what says nothing: a `false` that is no tri-state, an empty list."""
    if not isinstance(value, dict):
        return value
    kept = {name: said(inner) for name, inner in value.items()}
    return {name: inner for name, inner in kept.items() if inner not in (None, "", [], {}, False)}


def known(name, value):
    """A claim as lkt reads it, without the members that no LiveKit server knows: lkt shows those as well."""
    if name not in SECTIONS or not isinstance(value, dict):
        return value
    return {member: inner for member, inner in value.items() if member in SECTIONS[name] and member != "nosuch"}


def differences(tokens):
    """Where lkt and Go do not agree."""
    lines = "".join(json.dumps(whole) + "\n" for _, whole in tokens)
    go = subprocess.run(
        [os.environ["INTEROP_BIN"] + "/go-adapter", "verify"],
        input=lines, env=environment(), capture_output=True, text=True, timeout=120, check=True,
    )
    answers = [json.loads(line) for line in go.stdout.split("\n") if line]
    accepted, found = 0, []
    for (text, whole), answer in zip(tokens, answers, strict=True):
        done = run_lkt("inspect", "--verify", "--json", stdin=whole)
        require(done.returncode in (0, 1), f"{text}: {done.stderr}")
        # Go's verifier leaves it to the server whether a join names a room and an identity.
        checks = json.loads(done.stdout)["checks"] if done.stdout else [{"check": "token", "ok": False}]
        ours = all(check["ok"] for check in checks if check["check"] != "join")
        theirs = "error" not in answer
        accepted += theirs
        if ours != theirs:
            found.append(f"{text}: lkt says {ours} ({done.stderr.strip()}), go says {theirs} ({answer.get('error')})")
        elif ours:
            read = json.loads(done.stdout)["claims"]
            for name in (*SECTIONS, "attributes", "name", "metadata"):
                mine, other = said(known(name, read.get(name))), said(answer.get("claims", {}).get(name))
                if (mine or None) != (other or None):
                    found.append(f"{text}: `{name}` is {mine} to lkt and {other} to go")
    return accepted, found


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    chance = random.Random(seed)
    tokens = [token(chance) for _ in range(COUNT)]
    with proof(f"lkt inspect --verify and go agree on {COUNT} odd tokens, seed {seed}, and on what they grant"):
        accepted, found = differences(tokens)
        require(not found, f"{len(found)} differ: " + "; ".join(found[:20]))
        # Of tokens that are all refused, or all accepted, nothing is learned.
        require(COUNT / 5 < accepted < COUNT * 4 / 5, f"{accepted} of {COUNT} are accepted")


if __name__ == "__main__":
    os.chdir(HERE)
    main()
