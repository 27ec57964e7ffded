"""The two set-ups: lkt alone on its port, and lkt on a Unix socket behind nginx."""

import contextlib
import tempfile
import time
from pathlib import Path

from process import Lkt, Nginx, Usage
from target import UnixTarget
from waiting import wait_until
from wellbehaved import Bystander, load

MOST_MEMORY = 64 * 1024
BACK_TO_IDLE = 30
UNPRIVILEGED = 65533


class Setup:
    """A server under test, and the address at which clients reach it."""

    def __init__(self, name, lkt, target, alone):
        self.name, self.lkt, self.target, self.alone = name, lkt, target, alone
        # What is allocated once, with the first requests, belongs to idle.
        load(target, 400)
        self.usage = Usage(lkt.pid)
        wait_until(self._settled, 20)

    def _settled(self):
        """Whether no connection of the load is left: what is in use no longer changes."""
        before, self.usage.idle = self.usage.idle, self.usage.now()
        return before[1:] == self.usage.idle[1:]

    @staticmethod
    def pause(seconds):
        time.sleep(seconds)

    def run(self, attack):
        """Runs an attack while another client asks, and looks at the process during and after it."""
        with Bystander(self.target) as bystander, self.usage.watch() as memory:
            fault = attack(self)
        faults = [fault, *bystander.faults[:3], *self.after(memory)]
        remark = f"others {bystander.slowest * 1000:.0f} ms at most in {bystander.count}"
        return faults, f"{remark}, {memory.above_idle / 1024:.1f} MiB above idle"

    def after(self, memory):
        if memory.above_idle > MOST_MEMORY:
            yield f"{memory.above_idle} KiB of memory above idle"
        if not self.lkt.is_alive():
            yield f"the process is gone: {self.lkt.log[-3:]}"
        elif not wait_until(self.usage.is_idle, BACK_TO_IDLE):
            yield f"{self.usage.now()[1:]} threads and descriptors stay, {self.usage.idle[1:]} when idle"


@contextlib.contextmanager
def alone(binary, *flags, name="alone", **options):
    lkt = Lkt(binary, *flags, **options)
    try:
        yield Setup(name, lkt, lkt.target, alone=True)
    finally:
        lkt.stop()


@contextlib.contextmanager
def on_unix_socket(binary, *flags, **options):
    with tempfile.TemporaryDirectory(prefix="lkt-hostile-") as directory:
        path = Path(directory) / "lkt.sock"
        lkt = Lkt(binary, *flags, "--allow-anonymous", listen=f"unix:{path}", **options)
        try:
            yield Setup("unix", lkt, UnixTarget(path, "/getToken"), alone=True)
        finally:
            lkt.stop()


@contextlib.contextmanager
def behind_nginx(binary, *flags, name="nginx", **options):
    with tempfile.TemporaryDirectory(prefix="lkt-hostile-") as directory:
        path = Path(directory) / "lkt.sock"
        lkt = Lkt(binary, *flags, listen=f"unix:{path}", base_path="/livekit", **options)
        nginx = None
        try:
            nginx = Nginx(directory, path)
            yield Setup(name, lkt, nginx.target, alone=False)
        finally:
            if nginx:
                nginx.stop()
            lkt.stop()
