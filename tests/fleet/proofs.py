"""What four replicas with one store must show."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import time

from fleet import REPLICAS, Load, Replica, Store, at_once, fleet, haproxy, invitation, take, token, wait_for

# How many invitations are used up; a release tries 1000.
ROUNDS = int(os.environ.get("FLEET_ROUNDS", "200"))

CLIENTS = 64


@contextlib.contextmanager
def with_store(lkt, folder, *arguments):
    """A store, and replicas that share it."""
    store = Store(folder)
    try:
        with fleet(lkt, folder, f"redis://{store.address}", *arguments) as replicas:
            yield store, replicas
    finally:
        store.stop()


def one_rate(lkt, folder):
    """100 tokens an hour are 100 over all replicas."""
    with with_store(lkt, folder, "--rate", "100/1h") as (_, replicas):
        each = lambda number: token(replicas[number % REPLICAS].address)[0]
        statuses = sum((at_once(40, each) for _ in range(5)), start=at_once(1, each))
    fault = abs(statuses[201] - 100) > 1 or set(statuses) != {201, 429}
    return [f"{dict(statuses)}" if fault else ""], f"{statuses[201]} of {statuses.total()} issued"


def uses(lkt, folder):
    """An invitation to one person is used once, under 64 clients at the same time."""
    wrong = []
    with with_store(lkt, folder, "--invites") as (_, replicas):
        for _ in range(ROUNDS):
            code = invitation(lkt)
            taken = at_once(CLIENTS, lambda number: take(replicas[number % REPLICAS].address, code))
            if taken != {(201, None): 1, (401, "invitation_used_up"): CLIENTS - 1}:
                wrong.append(f"{dict(taken)}")
    return wrong, f"{ROUNDS} invitations, {CLIENTS} clients each"


def faults(lkt, folder):
    """The store is stopped, paused for 5 s, filled and restarted while clients ask: none is lost or waits."""
    with with_store(lkt, folder, "--rate", "100000/1s") as (store, replicas):
        addresses = [replica.address for replica in replicas]
        idle = max(replica.resident() for replica in replicas)
        with Load(addresses, healths=addresses) as load:
            time.sleep(1)
            store.stop()
            time.sleep(2)
            store.start()
            time.sleep(1)
            store.send("CLIENT", "PAUSE", "5000")
            time.sleep(6)
            store.send("CONFIG", "SET", "maxmemory-policy", "noeviction")
            store.send("CONFIG", "SET", "maxmemory", "1")
            time.sleep(1)
            store.send("CONFIG", "SET", "maxmemory", "0")
            # The replicas have found the store again.
            in_use = lambda: store.send("FLUSHALL") and store.send("DBSIZE") != ":0"
            wait_for("the store in use", in_use, 10)
        grown = (max(replica.resident() for replica in replicas) - idle) / 1024
    memory = f"memory grew by {grown:.1f} MiB" if grown > 16 else ""
    return [*load.faults(), memory], f"{load.summary()}, {grown:.1f} MiB more"


def rolled(lkt, folder):
    """Replicas are replaced one by one behind HAProxy: no request fails."""
    with with_store(lkt, folder, "--rate", "100000/1s") as (store, replicas):
        proxy, address = haproxy(folder, replicas)
        try:
            with Load([address], clients=4, pause=0) as load:
                for number, replica in enumerate(replicas):
                    replica.stop()
                    options = ["--listen", replica.address, "--store", f"redis://{store.address}"]
                    replicas[number] = Replica(lkt, folder, f"again-{number}", *options)
                    # Until HAProxy has seen it.
                    time.sleep(0.5)
        finally:
            proxy.kill()
            proxy.wait()
    return load.faults(), load.summary()


def signed_by(answer, keys):
    """The id of the key that signed the token of an answer, or None."""
    head, claims, signature = answer["participant_token"].split(".")
    padded = lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    key = json.loads(padded(claims))["iss"]
    made = hmac.digest(keys[key].encode(), f"{head}.{claims}".encode(), hashlib.sha256)
    return key if hmac.compare_digest(made, padded(signature)) else None


def secret_replaced(lkt, folder):
    """A secret is replaced under load as Kubernetes does it: every token is signed by the old key or the new one."""
    keys = {"old": "an-old-secret-of-32-characters-or-more", "new": "a-new-secret-of-32-characters-or-more"}
    for key, secret in keys.items():
        pathlib.Path(folder, f"..{key}").mkdir()
        pathlib.Path(folder, f"..{key}", "keys").write_text(f"{key}: {secret}\n")
        pathlib.Path(folder, f"..{key}", "keys").chmod(0o600)
    pathlib.Path(folder, "..data").symlink_to("..old")
    pathlib.Path(folder, "keys").symlink_to("..data/keys")
    options = ["--url", "ws://localhost:7880", "--keys-file", "keys"]
    replicas = [Replica(lkt, folder, f"replica-{number}", *options) for number in range(REPLICAS)]
    addresses = [replica.address for replica in replicas]
    try:
        with Load(addresses, healths=addresses) as load:
            time.sleep(1)
            pathlib.Path(folder, "..data_tmp").symlink_to("..new")
            pathlib.Path(folder, "..data_tmp").rename(pathlib.Path(folder, "..data"))
            replaced = time.monotonic()
            all_new = lambda: all(signed_by(token(address)[1], keys) == "new" for address in addresses)
            wait_for("the new key everywhere", all_new, 10)
            took = time.monotonic() - replaced
            time.sleep(1)
    finally:
        for replica in replicas:
            replica.stop()
    signers = [signed_by(answer, keys) for status, answer in load.answers if status == 201]
    return [
        *load.faults(),
        f"{signers.count(None)} tokens are signed by neither key" if None in signers else "",
        f"only one key: {set(signers)}" if set(signers) != set(keys) else "",
        f"the new key was used after {took:.1f} s" if took > 5 else "",
    ], f"{signers.count('old')} tokens of the old key, {signers.count('new')} of the new, after {took:.1f} s"


def denied(lkt, folder):
    """A deny list in the store is in effect on every replica within seconds, and while the store is gone."""
    with with_store(lkt, folder, "--deny-store", "lkt:denied", "--rate", "100000/1s") as (store, replicas):
        everywhere = lambda room, status: all(
            token(replica.address, {"room_name": room})[0] == status for replica in replicas
        )
        began = everywhere("den", 201)
        store.send("SADD", "lkt:denied", "room=den", "nonsense", "identity=eve until 2099-01-01T00:00:00Z")
        since = time.monotonic()
        wait_for("the list", lambda: everywhere("den", 403), 10)
        took = time.monotonic() - since
        others = everywhere("attic", 201)
        store.stop()
        stays = everywhere("den", 403) and everywhere("attic", 201)
        store.start()
        wait_for("the end of the list", lambda: everywhere("den", 201), 10)
    return [
        "" if began and others and stays else f"{began=}, {others=}, {stays=}",
        f"it took {took:.1f} s" if took > 5 else "",
    ], f"after {took:.1f} s"


CASES = [one_rate, uses, faults, rolled, secret_replaced, denied]
