"""What a login costs: requests per second without one, and with one of each algorithm, in interleaved rounds.

python3 benches/logins.py [--rounds 3] [--seconds 2]; it needs a release build, wrk and Node.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

from run import HERE, Server, Table, serve, wrk

CONNECTIONS = 32


class WithLogins(Server):
    """lkt that requires a login, with the issuer's public keys and its secret in files."""

    def __init__(self, name, jwks, secret, token):
        self.token = token
        flags = ["--auth-issuer", "https://login.example", "--auth-audience", "lkt", "--auth-jwks", jwks]
        super().__init__(name, serve(*flags, "--auth-secret-file", f"hex:{secret}"))

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
        servers = [Server("no login", serve())]
        servers += [WithLogins(algorithm, jwks, secret, token) for algorithm, token in made["tokens"].items()]
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
