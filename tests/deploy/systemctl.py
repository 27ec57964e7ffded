#!/usr/bin/env python3
"""Does what docs/production.md has systemctl do, on a machine of machine.sh, without systemd.

The units run by unit.py. `restart` returns once the new process has been started, as with systemd.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

UNITS = Path("/etc/systemd/system")
PATIENCE = 10  # seconds


def start(name):
    files = [str(UNITS / f"{name}.{kind}") for kind in ("service", "socket")]
    command = [sys.executable, os.environ["UNIT"], *files]
    log = open(f"/run/{name}.log", "w")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
    if process.stdout.readline() != b"started\n":
        sys.exit(Path(f"/run/{name}.log").read_text())
    Path(f"/run/{name}.unit").write_text(str(process.pid))


def restart(name):
    if name == "nginx":
        subprocess.run(["nginx", "-t", "-q"], check=True)
        subprocess.run(["nginx"], check=True)
        return
    process = Path(f"/run/{name}.pid")
    before = process.read_text()
    os.kill(int(Path(f"/run/{name}.unit").read_text()), signal.SIGHUP)
    end = time.monotonic() + PATIENCE
    while process.read_text() == before:
        if time.monotonic() > end:
            sys.exit(Path(f"/run/{name}.log").read_text())
        time.sleep(0.01)


def main(command, *words):
    names = [word.removesuffix(".service") for word in words if not word.startswith("-")]
    if command == "enable" and "--now" in words:
        for name in names:
            start(name.removesuffix(".socket"))
    elif command == "restart":
        for name in names:
            restart(name)
    elif command != "daemon-reload":
        sys.exit(f"systemctl {command} is not known here")


if __name__ == "__main__":
    main(*sys.argv[1:])
