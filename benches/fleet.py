"""What joins cost with a store that several replicas share: in lkt, and in the store.

python3 benches/fleet.py [--seconds 3] [--rounds 3] [--metrics]; it needs a release build, wrk and redis-server.

Every join is of another person, out of a million that a trusted proxy names. The variants take turns, with new
processes each time; the numbers are medians. --metrics measures what --metrics-listen costs instead.
"""

import argparse
import collections
import concurrent.futures
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import time

from run import BODY, Load, Server, percentile, serve

PEOPLE = """
local count, seed = 0, SEED
request = function()
    count = count + 1
    local person = (count * 7919 + seed * 104729) % 1000000
    local address = string.format("10.%d.%d.%d", person / 65536, (person / 256) % 256, person % 256)
    local headers = {["Content-Type"] = "application/json", ["X-Forwarded-For"] = address}
    return wrk.format("POST", "/getToken", headers, [==[BODY]==])
end
"""

RATE = ["--trusted-proxy", "127.0.0.1", "--rate", "1000/1s"]

CONNECTIONS = 64


class Redis(Server):
    """The store."""

    def wait(self):
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                time.sleep(0.01)


def load(directory, server, number, connections, seconds):
    """What wrk measures of one replica."""
    script = pathlib.Path(directory, f"people-{number}.lua")
    script.write_text(PEOPLE.replace("SEED", str(number + 1)).replace("BODY", BODY))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script]
    url = f"http://127.0.0.1:{server.port}"
    text = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text:
        raise SystemExit(f"{server.name}: {text}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    requests = int(re.search(r"(\d+) requests in", text)[1])
    return Load(rate, requests, percentile(text, "50%"), percentile(text, "99%"))


def measure(directory, replicas, flags, seconds, with_store):
    """Joins a second, the highest p99, and the microseconds of lkt and of the store for a join."""
    stores = [Redis("redis", ["redis-server", "--port", "PORT", "--save", "", "--dir", directory])] if with_store else []
    for store in stores:
        store.start()
        flags = [*flags, "--store", f"redis://127.0.0.1:{store.port}"]
    servers = [Server("lkt", serve(*flags)) for _ in range(replicas)]
    for server in servers:
        server.start()
    try:
        before = [sum(server.processor_time() for server in group) for group in (servers, stores)]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            each = CONNECTIONS // replicas
            loads = [pool.submit(load, directory, server, number, each, seconds)
                     for number, server in enumerate(servers)]
            loads = [load.result() for load in loads]
        after = [sum(server.processor_time() for server in group) for group in (servers, stores)]
    finally:
        for server in [*servers, *stores]:
            server.stop()
    joins = sum(load.requests for load in loads)
    costs = [(now - was) / joins * 1e6 for was, now in zip(before, after)]
    return sum(load.rate for load in loads), max(load.most for load in loads), *costs


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--metrics", action="store_true")
    options = parser.parse_args()
    if options.metrics:
        variants = {"without metrics": (1, [], False), "with metrics": (1, ["--metrics-listen", "0"], False)}
    else:
        variants = {"1, no rate": (1, RATE[:2], False)}
        for replicas in (1, 2, 4):
            variants[f"{replicas}, rate in the process"] = (replicas, RATE, False)
            variants[f"{replicas}, rate in the store"] = (replicas, RATE, True)
    results = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as directory:
        for number in range(options.rounds):
            # Each round in another direction, so that no variant always comes first.
            for name, (replicas, flags, with_store) in list(variants.items())[:: 1 - number % 2 * 2]:
                results[name].append(measure(directory, replicas, flags, options.seconds, with_store))
    print("| replicas | joins per second | p99, ms | lkt, µs per join | store, µs per join |")
    print("| --- | --- | --- | --- | --- |")
    medians = {}
    for name in variants:
        medians[name] = [statistics.median(column) for column in zip(*results[name])]
        rate, p99, lkt, store = medians[name]
        print(f"| {name} | {rate:,.0f} | {p99:.1f} | {lkt:.1f} | {store:.1f} |")
    names = list(variants)
    for one, other in [names[:2]] if options.metrics else [names[at : at + 2] for at in (1, 3, 5)]:
        # Of each round by itself: what disturbs one disturbs its neighbour as well.
        pairs = list(zip(results[one], results[other]))
        ratios = [statistics.median(new[at] / old[at] for old, new in pairs) for at in (0, 2)]
        print(f"{other} to {one}: {ratios[0]:.3f} times the joins, {ratios[1]:.3f} times lkt's processor time")


if __name__ == "__main__":
    main()
