"""Starts a proxy and lkt exactly as deploy/ has them, and asks through both.

pair.py nginx|caddy unit|command|rolling [CADDY]: to be run by machine.sh. `unit` starts lkt as lkt.service
and lkt.socket say, and restarts it while clients ask; `command` takes the command at the top of the
proxy's file; `rolling` takes it twice, for the two sockets of nginx.conf, and stops and starts one after
the other while clients ask.
"""

import http.client
import json
import os
import re
import shlex
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

from clients import Load

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SOCKET = Path("/run/lkt/lkt.sock")
SECOND = Path("/run/lkt/lkt-2.sock")
AUTHORITY = Path("/run/caddy/caddy/pki/authorities/local/root.crt")
FILES = {"nginx": DEPLOY / "nginx.conf", "caddy": DEPLOY / "Caddyfile"}
# Caddy asks no authority elsewhere for a certificate of localhost.
SITES = {"nginx": "tokens.example.com", "caddy": "localhost"}
PATIENCE = 10  # seconds
RESTARTS = 3
# Below the 20 requests a second that nginx.conf allows an address.
PAUSE = 0.07


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"waited {PATIENCE} s in vain for {what}")
        time.sleep(0.02)


def start_unit():
    units = [str(DEPLOY / "lkt.service"), str(DEPLOY / "lkt.socket")]
    command = [sys.executable, str(ROOT / "tests/deploy/unit.py"), *units]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"started\n", "the unit does not start"
    return process


def start_command(proxy, socket=SOCKET):
    """The command at the top of the proxy's file, as the user that it recommends."""
    (line,) = re.findall(r"^#   umask 007; (lkt serve .*)$", FILES[proxy].read_text(), re.M)
    line = line.replace(str(SOCKET), str(socket))
    SOCKET.parent.mkdir(exist_ok=True)
    # In the group that the proxy is in.
    words = ["setpriv", "--regid", "lkt", "--clear-groups", *shlex.split(line)]
    process = subprocess.Popen(words, umask=0o007, cwd="/run/lkt")
    wait_until(socket.exists, "the socket of lkt")
    return process


def restarts_roll(replicas):
    """Stops each replica, whose socket is gone then, and starts it again."""
    load = Load()
    for _ in range(RESTARTS):
        for socket in list(replicas):
            replicas[socket].terminate()
            assert replicas[socket].wait(PATIENCE) == 0
            count = len(load.answers)
            wait_until(lambda: len(load.answers) >= count + 12, "answers without this replica")
            replicas[socket] = start_command("nginx", socket)
    return f", {RESTARTS} restarts of two replicas, {load.stop()} answered, none failed"


def start_proxy(proxy, caddy):
    if proxy == "nginx":
        subprocess.run(["nginx", "-c", FILES[proxy], "-g", "daemon off;", "-t", "-q"], check=True)
        process = subprocess.Popen(["nginx", "-c", FILES[proxy], "-g", "daemon off;"])
        return process, Path("/etc/lkt/tls/fullchain.pem")
    home = Path("/run/caddy")
    home.mkdir(mode=0o777)
    home.chmod(0o777)
    environment = os.environ | {"LKT_SITE": SITES[proxy], "XDG_DATA_HOME": str(home), "HOME": str(home)}
    user = ["setpriv", "--reuid", "www-data", "--regid", "www-data", "--init-groups"]
    command = [*user, caddy, "run", "--adapter", "caddyfile", "--config", FILES[proxy]]
    process = subprocess.Popen(command, env=environment, stderr=open("/run/caddy.log", "w"))
    wait_until(AUTHORITY.exists, "Caddy's authority")
    return process, AUTHORITY


class Client:
    def __init__(self, site, authority):
        self.site = site
        self.context = ssl.create_default_context(cafile=authority)
        (self.token,) = Path("/etc/lkt/auth-tokens").read_text().split()

    def ask(self, token=None, path="/livekit/getToken"):
        connection = http.client.HTTPSConnection(self.site, 443, timeout=10, context=self.context)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request("POST", path, json.dumps({"room_name": "r"}), headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status != 201 or b"participant_token" in text
        return answer.status

    def listens(self):
        try:
            self.ask(path="/")
            return True
        except OSError:
            return False

    def ask_while(self, running, answers):
        while running.is_set():
            try:
                answers.append(self.ask(self.token))
            except OSError as fault:
                answers.append(repr(fault))
            time.sleep(PAUSE)


def restarts_go_unnoticed(client, unit):
    running, answers = threading.Event(), []
    running.set()
    thread = threading.Thread(target=client.ask_while, args=(running, answers))
    thread.start()
    for _ in range(RESTARTS):
        count = len(answers)
        unit.send_signal(signal.SIGHUP)
        wait_until(lambda: len(answers) >= count + 5, "answers during a restart")
    running.clear()
    thread.join()
    faults = [answer for answer in answers if answer != 201]
    assert not faults, faults
    return f", {RESTARTS} restarts, {len(answers)} answered, none failed"


def main(proxy, listener, caddy=None):
    lkt = start_unit() if listener == "unit" else start_command(proxy)
    processes = [lkt]
    replicas = {SOCKET: lkt}
    if listener == "rolling":
        replicas[SECOND] = start_command(proxy, SECOND)
    try:
        started, authority = start_proxy(proxy, caddy)
        processes.append(started)
        client = Client(SITES[proxy], authority)
        wait_until(client.listens, "the proxy")
        statuses = [client.ask(), client.ask("wrong" * 8), client.ask(client.token), client.ask(path="/")]
        assert statuses == [401, 401, 201, 404], statuses
        said = restarts_go_unnoticed(client, lkt) if listener == "unit" else ""
        if listener == "rolling":
            said = restarts_roll(replicas)
            processes[0] = replicas.pop(SOCKET)
            processes.extend(replicas.values())
        print(f"= 401 without a token, 201 with one{said}")
    finally:
        for process in reversed(processes):
            process.terminate()
        codes = [process.wait(PATIENCE) for process in processes]
    return 0 if codes[0] == 0 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
