"""The programs under test: lkt, and nginx in front of it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

from target import Target
from waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
IDLE_TIMEOUT = 5
REQUEST_TIMEOUT = 3
START_UP = 10

# The signing key of the servers under test, and where they send clients.
KEY_FLAGS = ["--dev", "--no-env-file"]


class Lkt:
    """A running `lkt serve`."""

    def __init__(
        self, binary, *flags, prefix=(), listen="127.0.0.1:0", base_path="", keys=KEY_FLAGS, log="read", pass_fds=(),
        timeouts=(IDLE_TIMEOUT, REQUEST_TIMEOUT),
    ):
        command = [*prefix, str(binary), "serve", "--listen", listen, *keys]
        idle, request = timeouts
        command += ["--idle-timeout", f"{idle}s", "--request-timeout", f"{request}s"]
        if base_path:
            command += ["--base-path", base_path]
        self.log = []
        command = [*command, *flags]
        if log == "full disk":
            # What says where it listens is lost as well.
            port = free_port()
            command[command.index("--listen") + 1] = f"127.0.0.1:{port}"
            stderr = open("/dev/full", "w")
        else:
            stderr = subprocess.PIPE
        self.child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=stderr, text=True, pass_fds=pass_fds
        )
        self.pid = self.child.pid
        if log == "full disk":
            stderr.close()
            self.target = Target("127.0.0.1", port, "/getToken")
            wait_until(lambda: accepts(self.target.address), START_UP)
            return
        found = self._wait_for_start()
        self.target = Target(found[1], int(found[2]), found[3]) if found else None
        if log == "closed pipe":
            self.child.stderr.close()
        elif log == "read":
            threading.Thread(target=self._read_log, daemon=True).start()

    def _wait_for_start(self):
        """Reads up to the line that says where it listens, and finds the address there."""
        for line in self.child.stderr:
            self.log.append(line)
            if line.startswith("listening at "):
                return re.search(r"http://([\d.]+):(\d+)(/\S*)", line)
        self.child.wait(START_UP)
        raise RuntimeError("lkt did not start: " + "".join(self.log))

    def _read_log(self):
        # The log of a flood is long; only its end and what is asked for matter.
        for line in self.child.stderr:
            self.log.append(line)
            if len(self.log) > 20_000:
                del self.log[100:10_000]

    def is_alive(self):
        return self.child.poll() is None

    def logged(self, text):
        return any(text in line for line in self.log)

    def wait(self, seconds):
        """The exit code, or None when the process does not end in time."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self):
        self.child.kill()
        self.child.wait()

    def stop(self):
        """Ends the process however it is; returns its exit code."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGTERM)
        try:
            return self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return self.child.wait()


class Nginx:
    """nginx with deploy/nginx.conf, its places replaced by ones in a directory of the test's."""

    PATH = "/livekit/getToken"

    def __init__(self, directory, lkt_socket):
        self.directory = Path(directory)
        self.certificate = self._certificate()
        port = free_port()
        configuration = self.directory / "nginx.conf"
        configuration.write_text(self._configuration(lkt_socket, port))
        logs = (self.directory / "nginx.stderr").open("wb")
        command = [nginx_binary(), "-p", str(self.directory), "-e", str(self.directory / "error.log")]
        command += ["-c", str(configuration), "-g", "daemon off;"]
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=logs)
        self.target = Target("127.0.0.1", port, self.PATH, self.certificate)
        if not wait_until(lambda: accepts(self.target.address), START_UP):
            raise RuntimeError((self.directory / "nginx.stderr").read_text())

    def _certificate(self):
        certificate, key = self.directory / "certificate.pem", self.directory / "key.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
        command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        command += ["-keyout", str(key), "-out", str(certificate)]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return certificate

    def _configuration(self, lkt_socket, port):
        text = (ROOT / "deploy" / "nginx.conf").read_text()
        here = self.directory
        # In the order of the file; each must be there, or the file has changed and this has not.
        for old, new in [
            ("user www-data;", "user root;" if os.geteuid() == 0 else ""),
            ("pid /run/nginx-lkt.pid", f"pid {here}/nginx.pid"),
            ("/var/log/nginx/lkt-error.log", f"{here}/error.log"),
            ("/var/log/nginx/lkt-access.log", f"{here}/access.log"),
            # The well-behaved clients of these tests ask far more often than people do.
            ("rate=20r/s", "rate=100000r/s"),
            ("burst=40", "burst=100000"),
            ("unix:/run/lkt/lkt.sock", f"unix:{lkt_socket}"),
            # So that lkt comes to rest between two cases.
            ("keepalive_timeout 50s", "keepalive_timeout 1s"),
            ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
            ("/etc/lkt/tls/fullchain.pem", str(self.certificate)),
            ("/etc/lkt/tls/privkey.pem", f"{here}/key.pem"),
        ]:
            if old not in text:
                raise RuntimeError(f"deploy/nginx.conf has no `{old}`")
            text = text.replace(old, new)
        temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        paths = "\n".join(f"    {name}_temp_path {here}/{name};" for name in temporary)
        return text.replace("http {", "http {\n" + paths, 1)

    def stop(self):
        self.child.terminate()
        self.child.wait(15)


def accepts(address):
    try:
        socket.create_connection(address, timeout=1).close()
        return True
    except OSError:
        return False


def nginx_binary():
    return shutil.which("nginx") or "/usr/sbin/nginx"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Usage:
    """What a process has in use, and the most memory it had meanwhile."""

    def __init__(self, pid):
        self.pid = pid
        self.idle = self.now()

    def now(self):
        """Resident KiB, threads, file descriptors."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        number = lambda name: int(re.search(rf"^{name}:\s+(\d+)", status, re.M)[1])
        return number("VmRSS"), number("Threads"), len(os.listdir(f"/proc/{self.pid}/fd"))

    def is_idle(self):
        _, threads, descriptors = self.now()
        return threads <= self.idle[1] and descriptors <= self.idle[2]

    def watch(self):
        return PeakMemory(self)


class PeakMemory:
    """Polls resident memory while it is entered; `above_idle` is the most that was seen, in KiB."""

    def __init__(self, usage):
        self.usage, self.above_idle, self.done = usage, 0, threading.Event()
        self.thread = threading.Thread(target=self._poll, daemon=True)

    def _poll(self):
        while not self.done.wait(0.02):
            try:
                self.above_idle = max(self.above_idle, self.usage.now()[0] - self.usage.idle[0])
            except (OSError, TypeError):
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
