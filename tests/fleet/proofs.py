"""What four replicas with one store must show."""

import contextlib
import http.client
import pathlib
import re
import subprocess
import threading
import time

from fleet import REPLICAS, Replica, Store, at_once, haproxy, token, wait_for

METRICS = re.compile(r"^  metrics +http://([^/]+)/metrics$", re.MULTILINE)
ALERTS = str(pathlib.Path(__file__).parents[2] / "deploy/alerts.yaml")


@contextlib.contextmanager
def fleet(lkt, folder, store, *arguments):
    """Replicas with a store, and the address of HAProxy before them."""
    url = f"redis://127.0.0.1:{store.port}"
    start = lambda number: Replica(lkt, folder, f"replica-{number}", "--store", url, *arguments)
    replicas = [start(number) for number in range(REPLICAS)]
    proxy, address = haproxy(folder, replicas)
    try:
        yield replicas, address
    finally:
        proxy.kill()
        proxy.wait()
        for replica in replicas:
            replica.process.kill()
            replica.process.wait()


def one_rate(lkt, folder, store):
    """100 tokens an hour are 100 over all replicas."""
    with fleet(lkt, folder, store, "--rate", "100/1h") as (replicas, address):
        store.send("FLUSHALL")
        each = lambda number: token(replicas[number % REPLICAS].address)[0]
        statuses = sum((at_once(40, each) for _ in range(5)), start=at_once(1, each))
    fault = abs(statuses[201] - 100) > 1 or set(statuses) != {201, 429}
    return [f"{dict(statuses)}" if fault else ""], f"{statuses[201]} of {statuses.total()} issued"


def uses(lkt, folder, store, rounds=200, clients=64):
    """An invitation to one person is used once, under 64 clients at the same time."""
    wrong = []
    with fleet(lkt, folder, store, "--invites") as (replicas, _):
        for _ in range(rounds):
            invite = [lkt, "invite", "--dev", "--no-env-file", "--room", "r", "--uses", "1", "-q", "-o", "code"]
            code = subprocess.run(invite, capture_output=True, text=True, check=True).stdout.strip()
            take = lambda number: (lambda answer: (answer[0], answer[1].get("code")))(
                token(replicas[number % REPLICAS].address, {"participant_name": "g"}, code)
            )
            taken = at_once(clients, take)
            if taken != {(201, None): 1, (401, "invitation_used_up"): clients - 1}:
                wrong.append(f"{dict(taken)}")
    return wrong, f"{rounds} invitations, {clients} clients each"


def faults(lkt, folder, store):
    """The store is stopped, paused for 5 s, filled and restarted while clients ask: none is lost or waits."""
    store.send("FLUSHALL")
    statuses, slowest, done = [], [0.0], threading.Event()
    with fleet(lkt, folder, store, "--rate", "100000/1s") as (replicas, address):

        def ask(number):
            while not done.is_set():
                began = time.monotonic()
                try:
                    statuses.append(token(replicas[number % REPLICAS].address)[0])
                except OSError as error:
                    statuses.append(type(error).__name__)
                slowest[0] = max(slowest[0], time.monotonic() - began)
                time.sleep(0.01)

        idle = max(replica.resident() for replica in replicas)
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        store.stop()
        time.sleep(2)
        store.start()
        time.sleep(1)
        store.send("CLIENT", "PAUSE", "5000")
        time.sleep(6)
        store.send("CONFIG", "SET", "maxmemory", "1")
        time.sleep(1)
        store.send("CONFIG", "SET", "maxmemory", "0")
        # The replicas have found the store again.
        wait_for("the store in use", lambda: store.send("FLUSHALL") and store.send("DBSIZE") != ":0", 10)
        done.set()
        for thread in threads:
            thread.join()
        grown = (max(replica.resident() for replica in replicas) - idle) / 1024
    lost = [status for status in statuses if status != 201]
    return [
        f"{len(lost)} of {len(statuses)} lost: {set(lost)}" if lost else "",
        f"a client waited {slowest[0]:.1f} s" if slowest[0] > 2 else "",
        f"memory grew by {grown:.1f} MiB" if grown > 16 else "",
    ], f"{len(statuses)} tokens, the slowest in {slowest[0] * 1000:.0f} ms, {grown:.1f} MiB more"


def rolled(lkt, folder, store):
    """Replicas are replaced one by one behind HAProxy: no request fails."""
    statuses, done = [], threading.Event()
    with fleet(lkt, folder, store, "--rate", "100000/1s") as (replicas, address):
        url = f"redis://127.0.0.1:{store.port}"

        def ask():
            while not done.is_set():
                try:
                    statuses.append(token(address)[0])
                except OSError as error:
                    statuses.append(type(error).__name__)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number, replica in enumerate(replicas):
            replica.stop()
            place = ["--listen", replica.address]
            replicas[number] = Replica(lkt, folder, f"again-{number}", "--store", url, *place)
            # Until HAProxy has seen it.
            time.sleep(0.5)
        done.set()
        for thread in threads:
            thread.join()
    failed = [status for status in statuses if status != 201]
    return [f"{len(failed)} of {len(statuses)}: {set(failed)}" if failed else ""], f"{len(statuses)} requests"


def read(address):
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", "/metrics")
    return connection.getresponse().read()


def counted(text):
    return text if b'lkt_requests_total{code="rate_limited",caller="anyone"} 1' in text else None


def metrics(lkt, folder, store):
    """The metrics are as Prometheus wants them, and the alerts too."""
    url = f"redis://127.0.0.1:{store.port}"
    replica = Replica(lkt, folder, "metrics", "--store", url, "--rate", "2/1h", "--metrics-listen", "127.0.0.1:0")
    try:
        for _ in range(3):
            token(replica.address)
        address = wait_for("the address", lambda: METRICS.search(replica.log.read_text())).group(1)
        # An answer is counted when it has been sent, so the last one may be missing for a moment.
        text = wait_for("the third request", lambda: counted(read(address)))
    finally:
        replica.stop()
    lint = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    rules = subprocess.run(["promtool", "check", "rules", ALERTS], capture_output=True)
    said = (lint.stdout + lint.stderr).decode()
    return [
        said if lint.returncode or said.strip() else "",
        rules.stderr.decode() if rules.returncode else "",
    ], f"{text.count(10)} lines"


def proofs(lkt, folder, report):
    store = Store(folder)
    try:
        for case in [one_rate, uses, faults, rolled, metrics]:
            report.case(case.__doc__.splitlines()[0], lambda case=case: case(lkt, folder, store))
    finally:
        store.stop()
