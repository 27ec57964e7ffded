"""Whether `rust-version` suffices for every package that lkt is built from.

No other toolchain is needed for that: `cargo metadata` (on standard input) tells what each package
says of itself. Dev-dependencies count as well, since `cargo test` is to work on the same toolchain.
"""

import json
import sys


def version(text):
    """`1.89` and `1.89.0` are the same."""
    parts = [int(part) for part in text.split(".")]
    return tuple(parts + [0] * (3 - len(parts)))


def main():
    packages = json.load(sys.stdin)["packages"]
    declared = next(p["rust_version"] for p in packages if p["name"] == "lkt")
    telling = [p for p in packages if p["rust_version"]]
    newer = [p for p in telling if version(p["rust_version"]) > version(declared)]
    for package in newer:
        print(f"  {package['name']} {package['version']} needs Rust {package['rust_version']}")
    highest = max((p["rust_version"] for p in telling if p["name"] != "lkt"), key=version)
    print(
        f"rust-version {declared}: {len(telling)} of {len(packages)} packages name theirs, "
        f"the highest is {highest}"
    )
    return 1 if newer else 0


sys.exit(main())
