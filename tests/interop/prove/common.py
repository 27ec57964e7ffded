"""What every proof needs: the program under test, its answers, and a way to say what was proven."""

import base64
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent.parent
LKT = os.environ.get("LKT", "lkt")

# The key pair of these proofs. `devkey` is the one that every LiveKit server knows with --dev.
KEY = "APIinterop"
SECRET = "interop-secret-of-more-than-32-bytes"


def environment(**more):
    """A clean environment: nothing of the caller's LiveKit settings reaches lkt."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIVEKIT_")}
    return {**kept, "LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET, **more}


def run_lkt(*arguments, stdin=None, before=(), **more):
    """Runs lkt, `before` it a wrapper such as faketime, and returns the finished process."""
    return subprocess.run(
        [*before, LKT, *arguments],
        input=stdin,
        env=environment(**more),
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=60,
    )


def lkt(*arguments, **more):
    """What lkt prints; a failure of it fails the proof."""
    done = run_lkt(*arguments, **more)
    require(done.returncode == 0, f"lkt {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.rstrip("\n")


def payload(token):
    """The claims of a token, unverified."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Failed(Exception):
    """A proof that did not hold."""


def require(holds, message):
    if not holds:
        raise Failed(message)


def equal(found, expected, what="value"):
    require(found == expected, f"{what}: found {found!r}, expected {expected!r}")


@contextlib.contextmanager
def proof(what):
    """Says whether the block held. The caller counts the lines: see `run`."""
    try:
        yield
    except Exception as error:  # a crash is a proof that did not hold, too
        kind = "" if isinstance(error, Failed) else f"{type(error).__name__}: "
        print(f"FAILED  {what}: {kind}{error}".replace("\n", " "), flush=True)
    else:
        print(f"ok      {what}", flush=True)


def not_proven(what, reason):
    print(f"not proven: {what} ({reason})", flush=True)


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def process(command, log, ready, **options):
    """A server for the time of a block; its output goes to a file that is shown if it does not start."""
    path = pathlib.Path(os.environ["INTEROP_LOGS"]) / log
    with path.open("w") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, **options)
    try:
        deadline = time.monotonic() + 30
        while not ready():
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{command[0]} did not start:\n{path.read_text()}")
            time.sleep(0.05)
        yield path
    finally:
        # A LiveKit server would wait for participants that are still connected.
        server.kill()
        server.wait()


def answers(url):
    """Whether something answers at a URL, whatever it says."""
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextlib.contextmanager
def lkt_serve(*arguments, url="wss://interop.example", **more):
    """`lkt serve` on a free port; yields its base URL and the file of its log."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [LKT, "serve", "--listen", f"127.0.0.1:{port}", *arguments]
    options = {"env": environment(LIVEKIT_URL=url, **more), "cwd": HERE}
    with process(command, f"serve-{port}.log", lambda: answers(f"{base}/healthz"), **options) as log:
        yield base, log


def post(url, body=b"{}", headers=None):
    """Status, headers and text of the answer to a POST."""
    headers = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()
