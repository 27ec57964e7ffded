"""What a login costs: requests per second without one, and with one of each algorithm, in interleaved rounds; and what
it costs axum with jsonwebtoken over aws-lc-rs, and Express with jose.

python3 benches/logins.py [--rounds 3] [--seconds 2]; it needs wrk, Node and what benches/run has built.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

from run import HERE, Server, Table, serve, wrk

CONNECTIONS = 32

# Where `benches/run` has built the peers.
BUILT = pathlib.Path(os.environ.get("LKT_BENCH_DIR", HERE / "target"))


class WithLogins(Server):
    """A server that requires a login."""

    def __init__(self, name, command, token):
        super().__init__(name, command)
        self.token = token

    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2)
    options = parser.parse_args()
    made = json.loads(subprocess.run(["node", HERE / "login.js"], check=True, capture_output=True, text=True).stdout)
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        jwks = work / "jwks.json"
        jwks.write_text(json.dumps(made["jwks"]))
        secret = work / "secret"
        secret.write_text(made["secret"])
        # The issuer's public keys and its secret are in files.
        flags = ["--auth-issuer", "https://login.example", "--auth-audience", "lkt", "--auth-jwks", jwks]
        commands = {
            "lkt": serve(*flags, "--auth-secret-file", f"hex:{secret}"),
            "axum": [BUILT / "rust/release/axum_logins", "PORT", jwks],
            "Express": ["node", HERE / "peers/node/logins.js", "PORT", jwks],
        }
        servers = [Server("no login", serve())]
        for algorithm, token in made["tokens"].items():
            # The peers' libraries verify these three alone with a set of keys.
            of = commands if algorithm in ("RS256", "ES256", "EdDSA") else ["lkt"]
            servers += [WithLogins(f"{algorithm}, {name}", commands[name], token) for name in of]
        servers = [server for server in servers if server.is_there()]
        table = Table()
        for _ in range(options.rounds):
            for server in servers:
                server.start()
                before = server.processor_time()
                load = wrk(work, server, CONNECTIONS, options.seconds)
                taken = (server.processor_time() - before) / load.requests
                table.add(f"requests/s, {CONNECTIONS} connections", server.name, load.rate)
                table.add("processor time per request, µs", server.name, taken * 1e6)
                server.stop()
        table.print([server.name for server in servers])


if __name__ == "__main__":
    main()
