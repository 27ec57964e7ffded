"""A real LiveKit server for the time of a block, and its server API under tokens of lkt."""

import contextlib
import json
import os
import socket
import subprocess
import sys

from common import KEY, SECRET, answers, free_port, lkt, post, process


@contextlib.contextmanager
def livekit_server():
    """`livekit-server --dev` on loopback; yields its URL. It knows `devkey` and the key of these proofs."""
    port = free_port()
    config = {
        "port": port,
        "keys": {"devkey": "secret", KEY: SECRET},
        "rtc": {
            "tcp_port": free_port(),
            "udp_port": free_port(socket.SOCK_DGRAM),
            "node_ip": "127.0.0.1",
            "use_external_ip": False,
            "enable_loopback_candidate": True,
        },
    }
    command = [os.environ["LIVEKIT_SERVER"], "--dev", "--bind", "127.0.0.1"]
    command += ["--config-body", json.dumps(config)]
    with process(command, "livekit-server.log", lambda: answers(f"http://127.0.0.1:{port}/")):
        yield f"ws://127.0.0.1:{port}"


class ServerApi:
    """LiveKit's server API over HTTP, with a token that lkt minted."""

    def __init__(self, url, *flags):
        self.base = url.replace("ws://", "http://") + "/twirp/livekit."
        self.token = lkt("mint", *flags)

    def call(self, method, **request):
        """Status and answer of a call such as `RoomService/ListRooms`."""
        authorization = {"Authorization": f"Bearer {self.token}"}
        body = json.dumps(request).encode()
        status, _, text = post(self.base + method, body, authorization)
        return status, json.loads(text)

    def get(self, method, name, **request):
        """A list in the answer of a call that has to succeed."""
        status, answer = self.call(method, **request)
        if status != 200:
            raise RuntimeError(f"{method}: {status} {answer}")
        return answer.get(name, [])


def main():
    """Runs a command beside a LiveKit server, whose URL it finds in INTEROP_LIVEKIT_URL."""
    with livekit_server() as url:
        environment = {**os.environ, "INTEROP_LIVEKIT_URL": url}
        sys.exit(subprocess.run(sys.argv[1:], env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
