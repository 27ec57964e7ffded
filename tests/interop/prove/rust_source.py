"""LiveKit's Rust client of token endpoints, against `lkt serve`."""

import json
import os
import subprocess
import time

from common import equal, lkt_serve, payload, proof, require

CLIENT = os.environ["INTEROP_BIN"] + "/interop-token-source"


def fetch(url, bearer="", seconds=0):
    done = subprocess.run([CLIENT, url, bearer, str(seconds)], capture_output=True, text=True, timeout=60)
    require(done.returncode == 0, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def posts(log):
    time.sleep(0.2)  # the log is written after the answer
    return log.read_text().count('"method":"POST"')


def main():
    with lkt_serve("--log-format", "json") as (base, log):
        with proof("livekit-token-source: nothing set and everything set; a second fetch asks nobody"):
            nothing, everything, again = fetch(f"{base}/getToken")
            equal(payload(nothing["token"])["video"]["room"], "quickstart-room", "room")
            claims = payload(everything["token"])
            equal((everything["url"], claims["sub"]), ("wss://interop.example", "user-123"), "answer")
            agent = {"agentName": "my-agent", "metadata": '{"task":"greet"}', "deployment": "staging"}
            equal(claims["roomConfig"], {"agents": [agent]}, "room configuration")
            equal((again, posts(log)), (everything, 2), "the second fetch")
    with lkt_serve("--log-format", "json", "--ttl", "62s") as (base, log):
        with proof("livekit-token-source: a fetch after the token's lifetime asks again"):
            fetch(f"{base}/getToken", seconds=3)
            equal(posts(log), 3, "requests")
    with lkt_serve(LKT_AUTH_TOKEN="let-me-in-with-a-long-token") as (base, _):
        with proof("livekit-token-source: with a bearer token, and refused without"):
            fetch(f"{base}/getToken", "let-me-in-with-a-long-token")
            done = subprocess.run([CLIENT, f"{base}/getToken"], capture_output=True, text=True, timeout=60)
            said = done.stderr
            require(done.returncode and "401" in said and "a bearer token is needed" in said, said)


main()
