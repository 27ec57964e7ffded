"""Hostile clients against `lkt serve`, alone and behind nginx. See `run` beside this file."""

import argparse
import sys
from pathlib import Path

import faults
import lifecycle
import memory
import parked
import smuggling
from floods import ALONE_ONLY, ATTACKS, QUICK, flood
from report import Report
from setups import UNPRIVILEGED, alone, behind_nginx
from wellbehaved import Crowd

CROWD = 64


def main():
    args = arguments()
    report = Report(args.only)
    setups = {"alone": alone, "nginx": behind_nginx}
    for name, make in setups.items():
        if args.setup in ("both", name):
            with make(args.binary) as setup:
                attacks(report, setup)
                smuggling.run(report, setup)
                beside_load(report, setup, args.load_seconds)
            scarcity(report, name, make, args.binary)
    faults.run(report, args.binary)
    parked.run(report, args.binary)
    memory.run(report, args.binary)
    lifecycle.run(report, args)
    return report.close()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary", type=Path, help="the lkt to test")
    parser.add_argument("--load-seconds", type=float, default=20, help="how long the load lasts")
    parser.add_argument("--soak-requests", type=int, default=300_000, help="requests of the soak")
    parser.add_argument("--setup", choices=["both", "alone", "nginx", "none"], default="both")
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    return parser.parse_args()


def attacks(report, setup):
    for name, attack in ATTACKS:
        if name in ALONE_ONLY and not setup.alone:
            report.skip(f"{setup.name}: {name}", ALONE_ONLY[name])
            continue
        report.case(f"{setup.name}: {name}", lambda: setup.run(attack))


def beside_load(report, setup, seconds):
    """A crowd that must not lose one request, beside all short attacks over and over."""

    def work():
        rounds = []
        with Crowd(setup.target, CROWD) as crowd, setup.usage.watch() as memory:
            until = lifecycle.deadline(seconds)
            while not until():
                for name, attack in QUICK:
                    if name in ALONE_ONLY and not setup.alone:
                        continue
                    if until():
                        break
                    rounds.append((name, attack(setup)))
        faults = [f"{name}: {fault}" for name, fault in rounds if fault]
        remark = f"{crowd.count} requests, {crowd.slowest * 1000:.0f} ms at most, {len(rounds)} attacks"
        return [*faults, *crowd.faults[:3], *setup.after(memory)], remark

    report.case(f"{setup.name}: {CROWD} clients beside the attacks", work)


def scarcity(report, name, make, binary):
    """The same with few descriptors, and with few threads."""

    def silence(label, prefix):
        def work():
            with make(binary, prefix=prefix, name=f"{name}, {label}") as setup:
                return setup.run(lambda s: flood(s, 200))

        report.case(f"{name}, {label}: 200 connections that say nothing", work)

    silence("64 descriptors", ["prlimit", "--nofile=64:64"])
    if not lifecycle.is_root():
        report.skip(f"{name}, 20 threads", "only root can become another user")
    elif name == "nginx":
        report.skip("nginx, 20 threads", "nginx opens no more connections than it has requests in flight")
    else:
        unprivileged = ["setpriv", f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"]
        silence("20 threads", [*unprivileged, "prlimit", "--nproc=20:20"])


if __name__ == "__main__":
    sys.exit(main())
