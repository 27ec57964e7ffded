"""What the worst bodies cost in memory, with a backend to ask, on 2 and on 32 lanes, and in memory cgroups of
the sizes that deploy/ names."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from backend import backend
from bodies import LOGIN_SECRET, accepted, logins, refused, small
from process import ROOT, Lkt, Usage
from target import answers
from waiting import wait_until

CLIENTS = 300
# As many as may wait for a backend at once, of the fewest lanes' share.
WAITING = 200
MOST_ABOVE_IDLE = 48 * 1024
# A release for Linux has mimalloc. glibc keeps what is below a block that stays.
MOST_KEPT = {"mimalloc": 8 * 1024, "glibc": 24 * 1024}
# Logins are verified on every lane, whose thread keeps what the largest has taken until it next needs memory.
MOST_KEPT_OF_LOGIN = 1024
GIVEN_BACK_WITHIN = 30
CGROUPS = Path("/sys/fs/cgroup/memory")

# Says that there are as many processors as the environment names.
PROCESSORS = r"""
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set) {
    (void)pid;
    CPU_ZERO_S(size, set);
    for (int cpu = 0; cpu < atoi(getenv("PROCESSORS")); cpu++) CPU_SET_S(cpu, size, set);
    return 0;
}
"""


def run(report, binary):
    many = {"metadata": b'{"participant_metadata":"' + b"m" * 200_000 + b'"}'}
    many["attributes"] = json.dumps({"participant_attributes": {str(n): "v" * 50 for n in range(900)}}).encode()
    for lanes in (2, 32):
        name = f"memory: the worst bodies, {CLIENTS} at a time, with --ask on {lanes} lanes"
        report.case(name, lambda: worst(binary, lanes))
        for kind, answer in many.items():
            name = f"memory: the largest {kind} from the backend on {lanes} lanes"
            report.case(name, lambda: worst(binary, lanes, answer, [("plain", b"{}")], WAITING))
    report.case("memory: the worst bodies without --ask", lambda: worst(binary, 2, None, [*accepted()]))
    for lanes in (2, 32):
        name = f"memory: the largest logins, {CLIENTS} at a time, with --ask on {lanes} lanes"
        report.case(name, lambda: worst_logins(binary, lanes))
    for place, size in limits():
        name = f"memory: a cgroup of {size} MiB ({place}) holds it"
        if os.access(CGROUPS, os.W_OK):
            report.case(name, lambda: confined(binary, size))
        else:
            report.skip(name, "no memory cgroups that can be made here")


def limits():
    """What deploy/ allows a server, in MiB."""
    unit = (ROOT / "deploy" / "lkt.service").read_text()
    yield "lkt.service", int(re.search(r"^MemoryMax=(\d+)M$", unit, re.M)[1])
    pod = (ROOT / "deploy" / "kubernetes.yaml").read_text()
    yield "kubernetes.yaml", int(re.search(r"limits: \{memory: (\d+)Mi\}", pod)[1])


def worst(binary, lanes, answer=b"", bodies=None, clients=CLIENTS):
    """The bodies in turn. With bodies of its own, the server may answer that the backend takes too long."""
    requests = [(kind, body, ()) for kind, body in bodies or [*accepted(), *small(), *refused()]]
    with server(binary, lanes, answer) as running:
        kept = MOST_KEPT[allocator(binary)]
        return measured(running, requests, clients, (201, 503) if bodies else (201, 400), kept)


def worst_logins(binary, lanes):
    """The largest logins in turn. The server may answer that the backend takes too long."""
    with tempfile.NamedTemporaryFile() as secret:
        secret.write(LOGIN_SECRET)
        secret.flush()
        flags = ["--auth-no-issuer", "--auth-secret-file", secret.name, "--auth-audience", "a", "--auth-optional"]
        with server(binary, lanes, b"", flags=flags) as running:
            requests = [(kind, b"{}", (header,)) for kind, header in logins()]
            kept = max(MOST_KEPT[allocator(binary)], lanes * MOST_KEPT_OF_LOGIN)
            return measured(running, requests, CLIENTS, (201, 401, 503), kept)


def allocator(binary):
    return "mimalloc" if b"mimalloc" in Path(binary).read_bytes() else "glibc"


def measured(running, requests, clients, expected, most_kept):
    """Many clients at once for each kind of request, and what the server uses of memory meanwhile and later."""
    lkt, usage = running
    faults, peak, worst_kind = [], 0, ""
    for kind, body, headers in requests:
        Path(f"/proc/{lkt.pid}/clear_refs").write_text("5")
        statuses = asyncio.run(crowd(lkt.target, body, clients, *headers))
        above = high_water(lkt.pid) - usage.idle[0]
        peak, worst_kind = max((peak, worst_kind), (above, kind))
        if wrong := {status for status in statuses if status not in expected}:
            faults.append(f"{kind}: {[(status, statuses.count(status)) for status in wrong]}")
    if peak > MOST_ABOVE_IDLE:
        faults.append(f"{peak} KiB above idle, {worst_kind}")
    began, kept = time.monotonic(), lambda: usage.now()[0] - usage.idle[0]
    if not wait_until(lambda: kept() <= most_kept, GIVEN_BACK_WITHIN):
        faults.append(f"{kept()} KiB are kept")
    took = time.monotonic() - began
    remark = f"{peak / 1024:.1f} MiB above idle ({worst_kind}), {kept() / 1024:.1f} after {took:.0f} s"
    return faults, remark


def confined(binary, size):
    with cgroup(size) as directory:
        prefix = ["sh", "-c", f'echo $$ > "{directory}/cgroup.procs"; exec "$@"', "sh"]
        with server(binary, 32, b"", prefix) as (lkt, _):
            for _, body in [*accepted(), *small()]:
                asyncio.run(crowd(lkt.target, body))
                if not lkt.is_alive():
                    return [f"it is ended: {lkt.log[-2:]}"], ""
        used = int((directory / "memory.max_usage_in_bytes").read_text()) >> 20
        refusals = int((directory / "memory.failcnt").read_text())
        faults = [f"{refusals} times there was no memory left"] if refusals else []
        return faults, f"{used} MiB at most, with the pages of the program"


@contextlib.contextmanager
def cgroup(size):
    directory = CGROUPS / f"lkt-hostile-{os.getpid()}"
    directory.mkdir()
    try:
        (directory / "memory.limit_in_bytes").write_text(str(size << 20))
        yield directory
    finally:
        wait_until(lambda: not (directory / "cgroup.procs").read_text(), 5)
        directory.rmdir()


@contextlib.contextmanager
def server(binary, lanes, answer, prefix=(), flags=()):
    """lkt on so many lanes, with a backend if there is an answer, and what it uses when it is idle."""
    with contextlib.ExitStack() as stack:
        asked = ["--ask", stack.enter_context(backend(answer=answer))] if answer is not None else []
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lkt-hostile-")))
        library = directory / "processors.so"
        compiler = shutil.which("cc")
        command = [compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", str(library)]
        subprocess.run(command, input=PROCESSORS, text=True, check=True)
        preload = ["env", f"LD_PRELOAD={library}", f"PROCESSORS={lanes}"]
        lkt = Lkt(binary, *asked, *flags, prefix=[*prefix, *preload], timeouts=(5, 20))
        stack.callback(lkt.stop)
        for _ in range(2):
            asyncio.run(crowd(lkt.target, b"{}", 100))
        usage = Usage(lkt.pid)
        # The threads that asked have ended.
        wait_until(lambda: has_settled(usage), 20)
        yield lkt, usage


def has_settled(usage):
    before, usage.idle = usage.idle, usage.now()
    time.sleep(1)
    return before[1:] == usage.idle[1:] and usage.now()[1:] == before[1:]


def high_water(pid):
    return int(re.search(r"^VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1])


async def crowd(target, body, clients=CLIENTS, *headers):
    """So many clients at once; the statuses that they got."""
    return await asyncio.gather(*(one(target, body, *headers) for _ in range(clients)))


async def one(target, body, *headers):
    try:
        reader, writer = await asyncio.open_connection(*target.address)
        writer.write(target.request(body, "Connection: close", *headers))
        received = await asyncio.wait_for(reader.read(-1), 30)
        writer.close()
        return next((status for status, _ in answers(received)), None)
    except (OSError, asyncio.TimeoutError) as error:
        return type(error).__name__
