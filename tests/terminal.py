"""Runs a command in a terminal, presses Ctrl-C once `listening at` is there, and waits for its end.

terminal.py COMMAND...: exits as the command does; fails if a process of its session is left over.
"""

import os
import pty
import select
import signal
import sys
import time

PATIENCE = 20  # seconds
CTRL_C = b"\x03"


def left_over(session):
    """The command lines of the processes that still belong to a session."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getsid(int(process)) == session and open(f"/proc/{process}/stat").read().split(")")[1][1] != "Z":
                found.append(open(f"/proc/{process}/cmdline").read().replace("\0", " "))
        except OSError:
            pass
    return found


def main(command):
    child, terminal = pty.fork()
    if child == 0:
        # A shell without job control has its children in the background ignore it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execvp(command[0], command)
    said, pressed, end = b"", False, time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                said += os.read(terminal, 65536)
            except OSError:  # the last one has closed it
                break
        if b"listening at" in said and not pressed:
            os.write(terminal, CTRL_C)
            pressed = True
    sys.stdout.write(said.decode(errors="replace"))
    if time.monotonic() >= end:
        print(f"it did not end within {PATIENCE} s of Ctrl-C: {left_over(child)}")
        os.killpg(child, signal.SIGKILL)
        return 1
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    # The others may take a moment more.
    while (remaining := left_over(child)) and time.monotonic() < end:
        time.sleep(0.05)
    if remaining:
        print(f"left over: {remaining}")
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
