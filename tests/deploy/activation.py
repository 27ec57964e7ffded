"""Restarts lkt under a listening socket that this script holds, as systemd does for a socket unit.

activation.py LKT unix|tcp: clients that connect anew for every request must not notice, since who
cannot be accepted waits in the socket's queue. The service may open no socket of its own.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

REQUEST = (
    b"POST /getToken HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
)
RESTARTS = 5


def listening(kind, directory):
    if kind == "tcp":
        return socket.create_server(("127.0.0.1", 0), backlog=256)
    held = socket.socket(socket.AF_UNIX)
    held.bind(os.path.join(directory, "lkt.sock"))
    held.listen(256)
    return held


def start(lkt):
    """`LISTEN_PID` is the number of the process, which only the process itself knows before exec."""
    shell = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" serve --dev --no-env-file --listen 127.0.0.1:1'
    process = subprocess.Popen(["sh", "-c", shell, lkt], pass_fds=(3,), stderr=subprocess.PIPE, text=True)
    first = process.stderr.readline()
    assert first.startswith("listening at"), first
    threading.Thread(target=lambda: [line for line in process.stderr], daemon=True).start()
    return process


def ask(held):
    with socket.socket(held.family) as client:
        client.settimeout(10)
        client.connect(held.getsockname())
        client.sendall(REQUEST)
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    if not answer.startswith(b"HTTP/1.1 201"):
        raise OSError(f"answered {answer[:80]!r}")


def ask_while(running, held, answered, faults):
    while running.is_set():
        try:
            ask(held)
            answered.append(1)
        except OSError as fault:
            faults.append(repr(fault))


def main(lkt, kind):
    answered, faults, running = [], [], threading.Event()
    running.set()
    with tempfile.TemporaryDirectory() as directory:
        held = listening(kind, directory)
        # Where passed sockets begin.
        if held.fileno() != 3:
            os.dup2(held.fileno(), 3)
            held = socket.socket(fileno=3)
        process = start(lkt)
        arguments = (running, held, answered, faults)
        clients = [threading.Thread(target=ask_while, args=arguments) for _ in range(4)]
        for client in clients:
            client.start()
        for _ in range(RESTARTS):
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0, process.returncode
            assert kind == "tcp" or os.path.exists(held.getsockname()), "the socket's file is gone"
            process = start(lkt)
        time.sleep(0.3)
        running.clear()
        for client in clients:
            client.join()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    for fault in sorted(set(faults))[:10]:
        print(f"  {faults.count(fault)} times {fault}")
    print(f"= {RESTARTS} restarts, {len(answered)} answered, {len(faults)} failed")
    return 0 if answered and not faults else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
