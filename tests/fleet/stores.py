"""Stores of several servers: Sentinels that promote a replica, and a cluster."""

import contextlib
import pathlib
import subprocess
import time

from fleet import REPLICAS, Load, Store, at_once, fleet, free_port, invitation, take, token, wait_for


@contextlib.contextmanager
def sentinels(folder):
    """A primary and a replica, and three Sentinels that watch them. Yields the two and a URL."""
    at = lambda name: pathlib.Path(folder, name)
    for name in ["one", "two"]:
        at(name).mkdir()
    primary = Store(at("one"))
    processes, second = [], None
    try:
        second = Store(at("two"), "--replicaof", "127.0.0.1", str(primary.port))
        wait_for("the replica", lambda: "state=online" in primary.reply("INFO", "replication"))
        ports = [free_port() for _ in range(3)]
        for port in ports:
            configuration = at(f"sentinel-{port}.conf")
            configuration.write_text(f"""port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor lkt 127.0.0.1 {primary.port} 2
sentinel down-after-milliseconds lkt 500
sentinel failover-timeout lkt 4000
""")
            command = ["redis-sentinel", str(configuration)]
            processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        told = Store.__new__(Store)
        told.port = ports[0]
        knows = lambda: "slaves=1,sentinels=3" in told.reply("INFO", "sentinel")
        wait_for("the Sentinels", knows)
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        yield primary, second, told, f"redis+sentinel://{hosts}/lkt"
    finally:
        for process in processes:
            process.kill()
            process.wait()
        for store in filter(None, [primary, second]):
            store.stop()


def in_use(store):
    """Whether the replicas of lkt write to this server."""
    return lambda: store.send("FLUSHALL") == "+OK" and time.sleep(0.1) is None and store.send("DBSIZE") != ":0"


def failover(lkt, folder):
    """Sentinels promote another primary under load, told to and because the first is gone: no request is lost."""
    with sentinels(folder) as (primary, second, told, url):
        with fleet(lkt, folder, url, "--rate", "100000/1s", "--invites", "--auth-optional") as replicas:
            addresses = [replica.address for replica in replicas]
            code = invitation(lkt)
            used = [take(addresses[0], code)]
            primary.send("WAIT", "1", "1000")
            with Load(addresses, healths=addresses) as load:
                time.sleep(1)
                wait_for("the first failover", lambda: told.send("SENTINEL", "FAILOVER", "lkt") == "+OK")
                wait_for("the second as primary", lambda: "role:master" in second.reply("INFO", "replication"), 20)
                # What has been used stays used.
                wait_for("the store", lambda: take(addresses[1], code)[0] != 503, 10)
                used += [take(address, code) for address in addresses]
                wait_for("the second in use", in_use(second), 20)
                # The first is a replica by now, and takes over again when the second is gone.
                wait_for("the first as a replica", lambda: "state=online" in second.reply("INFO", "replication"), 20)
                second.stop()
                wait_for("the first as primary", lambda: "role:master" in primary.reply("INFO", "replication"), 30)
                wait_for("the first in use", in_use(primary), 20)
            second.start()
    expected = [(201, None)] + [(401, "invitation_used_up")] * REPLICAS
    return [*load.faults(), f"an invitation was used: {used}" if used != expected else ""], load.summary()


def cluster(lkt, folder):
    """A cluster of three nodes counts like one server, and does without one of them."""
    nodes = []
    try:
        for number in range(3):
            at = pathlib.Path(folder, f"node-{number}")
            at.mkdir()
            options = ["--cluster-enabled", "yes", "--cluster-port", str(free_port()), "--cluster-node-timeout", "1000"]
            nodes.append(Store(at, *options, "--cluster-require-full-coverage", "no"))
        create = ["redis-cli", "--cluster", "create", *(node.address for node in nodes), "--cluster-yes"]
        subprocess.run(create, check=True, capture_output=True)
        wait_for("the cluster", lambda: all("cluster_state:ok" in node.reply("CLUSTER", "INFO") for node in nodes))
        url = f"redis+cluster://{nodes[0].address},{nodes[1].address},{nodes[2].address}"
        with fleet(lkt, folder, url, "--rate", "100/1h") as replicas:
            each = lambda number: token(replicas[number % REPLICAS].address)[0]
            statuses = sum((at_once(40, each) for _ in range(5)), start=at_once(1, each))
        wrong = []
        with fleet(lkt, folder, url, "--rate", "100000/1s", "--invites", "--auth-optional") as replicas:
            addresses = [replica.address for replica in replicas]
            for _ in range(20):
                code = invitation(lkt)
                taken = at_once(32, lambda number: take(addresses[number % REPLICAS], code)[0])
                wrong += [] if taken == {201: 1, 401: 31} else [dict(taken)]
            spread = [node.send("DBSIZE") for node in nodes]
            with Load(addresses, healths=addresses) as load:
                time.sleep(1)
                nodes[2].stop()
                time.sleep(4)
                nodes[2].start()
                wait_for("the node", lambda: "cluster_state:ok" in nodes[2].reply("CLUSTER", "INFO"))
                time.sleep(1)
    finally:
        for node in nodes:
            node.stop()
    counted = abs(statuses[201] - 100) <= 1 and set(statuses) == {201, 429}
    return [
        "" if counted else f"{dict(statuses)}",
        f"used otherwise than once: {wrong}" if wrong else "",
        f"not on all nodes: {spread}" if ":0" in spread else "",
        *load.faults(),
    ], f"{statuses[201]} of {statuses.total()} issued; {load.summary()}"


CASES = [failover, cluster]
