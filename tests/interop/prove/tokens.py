"""Tokens of lkt in the hands of LiveKit's SDKs, and theirs in the hands of lkt.

`tokens.json` is the table of tokens: flags of `lkt mint`, and the claims that must come out.
`differences.json` lists every way in which an SDK differs from that, with its reason; a difference that is not listed
fails, and so does one that is listed and does not occur.
"""

import base64
import fnmatch
import hashlib
import hmac
import json
import os
import subprocess
import time

from common import HERE, KEY, SECRET, environment, lkt, payload, proof, require, run_lkt

SDKS = {
    "node": ["node", "sdks/node.mjs"],
    "python": [os.environ["INTEROP_PYTHON"], "-W", "ignore", "sdks/python.py"],
    "go": [os.environ["INTEROP_BIN"] + "/go-adapter"],
    "rust": [os.environ["INTEROP_BIN"] + "/interop-token"],
}
TABLE = json.loads((HERE / "tokens.json").read_text())
TIMES = ("iss", "iat", "nbf", "exp")
# An explicit `false` of these says something; LiveKit leaves any other out.
TRI_STATE = (
    "canPublish canSubscribe canPublishData canUpdateOwnMetadata canSubscribeMetrics canManageAgentSession"
).split()


def ask(sdk, what, values):
    """Puts values to an SDK's adapter, and returns its answers."""
    lines = "".join(json.dumps(value) + "\n" for value in values)
    done = subprocess.run(
        [*SDKS[sdk], what],
        input=lines,
        env=environment(),
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=120,
    )
    answers = [json.loads(line) for line in done.stdout.split("\n") if line]
    require(len(answers) == len(values), f"{sdk} {what} broke off: {done.stderr}")
    return answers


def without(claims, names):
    return {name: value for name, value in claims.items() if name not in names}


def flat(value, path=""):
    """The leaves of claims by their path; a list counts as a leaf."""
    if not isinstance(value, dict) or not value:
        return {path: value}
    leaves = {}
    for name, inner in value.items():
        leaves |= flat(inner, f"{path}.{name}" if path else name)
    return leaves


def says_something(path, value):
    """Whether a leaf differs from its absence."""
    if value is False:
        return path.rsplit(".", 1)[-1] in TRI_STATE
    return value not in (None, "", {}, [])


def stripped(value, adds):
    """A leaf without the values that an SDK adds, down to nothing."""
    if isinstance(value, list):
        value = [stripped(item, adds) for item in value]
    elif isinstance(value, dict):
        inner = {name: stripped(item, adds) for name, item in value.items()}
        value = {name: item for name, item in inner.items() if item is not None}
    return None if value in adds else value


class Differences:
    """The written list, and which of it has been seen."""

    def __init__(self):
        self.rules = json.loads((HERE / "differences.json").read_text())
        self.seen = set()

    def explains(self, sdk, where, path, ours=None, theirs=None):
        found = [
            number
            for number, rule in enumerate(self.rules)
            if sdk in rule["sdks"]
            and where in rule["where"]
            and any(fnmatch.fnmatchcase(path, pattern) for pattern in rule["paths"])
            and covers(rule, ours, theirs)
        ]
        self.seen.update((number, sdk) for number in found)
        return bool(found)

    def unseen(self):
        return [
            f"{sdk}: {', '.join(rule['paths'])}"
            for number, rule in enumerate(self.rules)
            for sdk in rule["sdks"]
            if (number, sdk) not in self.seen
        ]

    def unexplained(self, sdk, where, name, ours, theirs):
        """In what two sets of claims differ, beyond what the list explains."""
        ours, theirs = flat(ours), flat(theirs)
        pairs = {path: (ours.get(path), theirs.get(path)) for path in ours.keys() | theirs.keys()}
        return [
            f"{name}: {path} is {pair[0]!r} for lkt and {pair[1]!r} for {sdk}"
            for path, pair in sorted(pairs.items())
            if pair[0] != pair[1] and not self.explains(sdk, where, path, *pair)
        ]


def covers(rule, ours, theirs):
    """Whether a rule goes as far as this difference: an SDK that adds or lacks something does only that."""
    if "adds" in rule:
        return stripped(theirs, rule["adds"]) == ours
    return theirs is None if rule.get("lacks") else True


def said(claims):
    """Claims without what says nothing."""
    return {path: value for path, value in flat(claims).items() if says_something(path, value)}


def verify_all(tokens, differences):
    for sdk in SDKS:
        with proof(f"{sdk} verifies and reads back all {len(TABLE)} tokens of the table"):
            found = []
            for row, answer in zip(TABLE, ask(sdk, "verify", tokens), strict=True):
                require("error" not in answer, f"{row['name']}: {answer.get('error')}")
                read, minted = said(answer["claims"]), said(row["claims"])
                found += differences.unexplained(sdk, "read", row["name"], minted, read)
            require(not found, "; ".join(found))


def mint_all(tokens, differences):
    for sdk in SDKS:
        answers = ask(sdk, "mint", [row["claims"] for row in TABLE])
        with proof(f"{sdk} mints the same claims as lkt, apart from the written differences"):
            found = []
            for row, token, answer in zip(TABLE, tokens, answers, strict=True):
                require("token" in answer, f"{row['name']}: {answer.get('error')}")
                ours, theirs = timed(payload(token)), timed(payload(answer["token"]))
                found += differences.unexplained(sdk, "mint", row["name"], ours, theirs)
            require(not found, "; ".join(found))
        with proof(f"lkt inspect --verify takes all {len(TABLE)} tokens that {sdk} minted"):
            for row, answer in zip(TABLE, answers, strict=True):
                done = run_lkt("inspect", "--verify", "--json", stdin=answer["token"])
                require(done.returncode == 0, f"{row['name']}: {done.stderr}")
                require(json.loads(done.stdout)["claims"] == payload(answer["token"]), row["name"])


def timed(claims):
    """Claims with their times as spans, so that the moment of minting does not matter."""
    now = time.time()
    spans = {"nbf": "dated back" if now - claims["nbf"] > 8 else "now"}
    spans["exp"] = f"in {round((claims['exp'] - now) / 60)} minutes"
    if "iat" in claims:
        spans["iat"] = "now"
    return {**without(claims, ["iat", "nbf", "exp"]), **spans}


def encoded(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(claims, secret=SECRET, algorithm="HS256"):
    """A token by the book, or against it: signed here, so that it can be wrong in any way."""
    content = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(claims)}"
    hashes = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
    if algorithm not in hashes:
        return f"{content}."
    signature = hmac.digest(secret.encode(), content.encode(), hashes[algorithm])
    return f"{content}.{encoded(signature)}"


def broken_tokens():
    now = int(time.time())
    good = {"iss": KEY, "sub": "ada", "nbf": now - 10, "exp": now + 600}
    good["video"] = {"roomJoin": True, "room": "demo"}
    head, body, signature = signed(good).split(".")
    other_room = {**good, "video": {"roomJoin": True, "room": "other"}}
    return {
        "claims changed after signing": f"{head}.{encoded(other_room)}.{signature}",
        "signature of another secret": signed(good, secret="another-secret-of-over-32-bytes!!"),
        "no signature": f"{head}.{body}.",
        "algorithm none": signed(good, algorithm="none"),
        "algorithm HS384": signed(good, algorithm="HS384"),
        "algorithm HS512": signed(good, algorithm="HS512"),
        "issued by another key": signed({**good, "iss": "APIother"}),
        "no issuer": signed(without(good, ["iss"])),
        "expired two minutes ago": signed({**good, "exp": now - 120}),
        "good only in two minutes": signed({**good, "nbf": now + 120}),
        "never expires": signed(without(good, ["exp"])),
        "two parts": f"{head}.{body}",
        "not base64url": f"{head}.{body}=.{signature}",
        "a padded signature": f"{head}.{body}.{signature}=",
        "not JSON": f"{head}.{encoded(b'hello')}.{signature}",
        "nothing": "",
    }


def refuse_all(differences):
    broken = broken_tokens()
    with proof(f"lkt inspect --verify refuses all {len(broken)} broken tokens"):
        for name, token in broken.items():
            done = run_lkt("inspect", "--verify", "--json", stdin=token)
            require(done.returncode == 1, f"{name}: exit {done.returncode}")
    for sdk in SDKS:
        with proof(f"{sdk} refuses the same broken tokens, apart from the written differences"):
            answers = zip(broken, ask(sdk, "verify", list(broken.values())), strict=True)
            taken = [name for name, answer in answers if "error" not in answer]
            taken = [name for name in taken if not differences.explains(sdk, "refuse", name)]
            require(not taken, f"{sdk} takes {', '.join(taken)}")


def main():
    differences = Differences()
    tokens = [lkt("mint", *row["flags"]) for row in TABLE]
    with proof(f"lkt mints the claims of the table, all {len(TABLE)} times"):
        for row, token in zip(TABLE, tokens, strict=True):
            found = without(payload(token), TIMES)
            require(found == row["claims"], f"{row['name']}: {found} is not {row['claims']}")
    verify_all(tokens, differences)
    mint_all(tokens, differences)
    refuse_all(differences)
    with proof("every written difference occurs"):
        require(not differences.unseen(), "; ".join(differences.unseen()))


main()
