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

from common import HERE, KEY, SECRET, environment, equal, lkt, payload, proof, require, run_lkt

SDKS = {
    "node": ["node", "sdks/node.mjs"],
    "python": [os.environ["INTEROP_PYTHON"], "-W", "ignore", "sdks/python.py"],
    "go": [os.environ["INTEROP_BIN"] + "/go-adapter"],
    "rust": [os.environ["INTEROP_BIN"] + "/interop-token"],
}
# Kotlin's SDK verifies no tokens.
VERIFIERS = tuple(SDKS)
if "INTEROP_JAVA" in os.environ:
    SDKS["kotlin"] = ["java", "-cp", os.environ["INTEROP_JAVA"] + "/*", "sdks/java/Adapter.java"]
TABLE = json.loads((HERE / "tokens.json").read_text())
TIMES = ("iss", "iat", "nbf", "exp")
# An explicit `false` of these says something; LiveKit leaves any other out.
TRI_STATE = ["canPublish", "canSubscribe", "canPublishData"]
TRI_STATE += ["canUpdateOwnMetadata", "canSubscribeMetrics", "canManageAgentSession"]


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
            if sdk in SDKS and (number, sdk) not in self.seen
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
    for sdk in VERIFIERS:
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
        minted = [(row["name"], answer["token"]) for row, answer in zip(TABLE, answers, strict=True)]
        take_all(sdk, minted, differences)


def take_all(sdk, minted, differences):
    """Go's verifier is the LiveKit server's own: a token that it refuses, lkt refuses as well."""
    read = ask("go", "verify", [token for _, token in minted])
    good = [pair for pair, answer in zip(minted, read, strict=True) if "claims" in answer]
    bad = [pair for pair, answer in zip(minted, read, strict=True) if "error" in answer]
    with proof(f"lkt inspect --verify takes all {len(good)} tokens that {sdk} minted and the server takes"):
        for name, token in good:
            done = run_lkt("inspect", "--verify", "--json", stdin=token)
            require(done.returncode == 0, f"{name}: {done.stderr}")
            require(json.loads(done.stdout)["claims"] == payload(token), name)
        for name, token in bad:
            require(differences.explains(sdk, "broken", name), f"{name}: the server refuses it")
            done = run_lkt("inspect", "--verify", "--json", stdin=token)
            require(done.returncode == 1, f"{name}: the server refuses it, and lkt does not")


def timed(claims):
    """Claims with their times as spans, so that the moment of minting does not matter."""
    now = time.time()
    spans = {"exp": f"in {round((claims['exp'] - now) / 60)} minutes"}
    for name in ("iat", "nbf"):
        if name in claims:
            spans[name] = "dated back" if now - claims[name] > 8 else "now"
    return {**without(claims, ["iat", "nbf", "exp"]), **spans}


def encoded(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(claims, secret=SECRET, algorithm="HS256"):
    """A token by the book, or against it: signed here, so that it can be wrong in any way."""
    content = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(claims)}"
    hashes = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
    if algorithm == "none":
        return f"{content}."
    signature = hmac.digest(secret.encode(), content.encode(), hashes.get(algorithm, hashlib.sha256))
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
        "a lower-case algorithm": signed(good, algorithm="hs256"),
        "an expiry that is no number": signed({**good, "exp": "soon"}),
        "a name that is a number": signed({**good, "name": 5}),
        "an attribute that is a number": signed({**good, "attributes": {"level": 5}}),
        "a grant that is a text": signed({**good, "video": {"roomJoin": "yes", "room": "demo"}}),
        "a room configuration of a wrong type": signed({**good, "roomConfig": {"syncStreams": 1}}),
    }


def odd_tokens():
    """What looks wrong, and is not."""
    now = int(time.time())
    good = {"iss": KEY, "sub": "ada", "nbf": now - 10, "exp": now + 600}
    good["video"] = {"roomJoin": True, "room": "demo"}
    return {
        "expired half a minute ago": signed({**good, "exp": now - 30}),
        "good in half a minute": signed({**good, "nbf": now + 30}),
        "no start": signed(without(good, ["nbf"])),
        "an expiry with a fraction": signed({**good, "exp": now + 600.5}),
        "an expiry in quotes": signed({**good, "exp": str(now + 600)}),
        "claims that are null": signed({**good, "name": None, "roomConfig": None, "attributes": {"a": None}}),
        "claims that nobody knows": signed({**good, "new": [1], "roomConfig": {"new": 1}, "kind": "new"}),
        "a room configuration in snake_case": signed({**good, "roomConfig": {"empty_timeout": "5"}}),
    }


def refuse_all(differences):
    broken = broken_tokens()
    with proof(f"lkt inspect --verify refuses all {len(broken)} broken tokens"):
        for name, token in broken.items():
            done = run_lkt("inspect", "--verify", "--json", stdin=token)
            # Where there is nothing to read, the input is wrong, and not the token.
            expected = 1 if token else 2
            require(done.returncode == expected, f"{name}: exit {done.returncode}")
    for sdk in VERIFIERS:
        with proof(f"{sdk} refuses the same broken tokens, apart from the written differences"):
            answers = zip(broken, ask(sdk, "verify", list(broken.values())), strict=True)
            taken = [name for name, answer in answers if "error" not in answer]
            taken = [name for name in taken if not differences.explains(sdk, "refuse", name)]
            require(not taken, f"{sdk} takes {', '.join(taken)}")


def take_odd():
    """Go's verifier is the LiveKit server's own, so it has the last word."""
    odd = odd_tokens()
    with proof(f"go, and lkt inspect --verify with it, take {len(odd)} tokens that look wrong and are not"):
        for (name, token), answer in zip(odd.items(), ask("go", "verify", list(odd.values())), strict=True):
            require("claims" in answer, f"{name}: go says {answer.get('error')}")
            done = run_lkt("inspect", "--verify", "--json", stdin=token)
            require(done.returncode == 0, f"{name}: {done.stderr}")


def credentials():
    """Outputs of an egress that carry a credential, one of each kind."""
    uploads = {
        "s3": {"secret": "x", "accessKey": "k", "bucket": "b"},
        "gcp": {"credentials": "{}"},
        "azure": {"accountKey": "x", "accountName": "n"},
        "aliOSS": {"secret": "x"},
    }
    found = {"a stream": {"room": {"streamOutputs": [{"urls": ["rtmps://host/key"]}]}}}
    for name, upload in uploads.items():
        found[f"{name}, of a room"] = {"room": {"fileOutputs": [{"filepath": "f", name: upload}]}}
        found[f"{name}, of a participant"] = {"participant": {"segmentOutputs": [{"playlistName": "p", name: upload}]}}
        found[f"{name}, of tracks"] = {"tracks": {"filepath": "f", name: upload}}
    return {name: {"egress": egress} for name, egress in found.items()}


def refuse_credentials():
    cases = credentials()
    video = {"roomJoin": True, "room": "demo"}
    claims = [{"sub": "ada", "video": video, "roomConfig": config} for config in cases.values()]
    with proof(f"go and lkt refuse to sign the same {len(cases)} credentials"):
        for (name, config), answer in zip(cases.items(), ask("go", "mint", claims), strict=True):
            require("credentials" in answer.get("error", ""), f"{name}: go signs it")
            flags = ["-r", "demo", "-i", "ada", "--room-config", json.dumps(config)]
            done = run_lkt("mint", *flags)
            equal((done.returncode, done.stdout), (2, ""), name)
            lkt("mint", *flags, "--allow-sensitive-credentials")


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
    take_odd()
    refuse_credentials()
    with proof("every written difference occurs"):
        require(not differences.unseen(), "; ".join(differences.unseen()))


if __name__ == "__main__":
    main()
