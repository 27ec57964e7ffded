"""What joins cost when each comes over a TLS connection of its own: in lkt, and in nginx in front of it.

python3 benches/scale.py [--seconds 5]; it needs a release build, wrk, nginx and openssl.
"""

import argparse
import os
import pathlib
import socket
import subprocess
import tempfile
import time

from run import Server, serve, wrk

CONFIGURATION = """
worker_processes auto;
pid DIR/nginx.pid;
error_log DIR/error.log;
daemon off;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path DIR/body;
    proxy_temp_path DIR/proxy;
    fastcgi_temp_path DIR/fastcgi;
    uwsgi_temp_path DIR/uwsgi;
    scgi_temp_path DIR/scgi;
    upstream lkt { server 127.0.0.1:BACKEND; keepalive 64; }
    server {
        listen 127.0.0.1:PORT ssl backlog=4096;
        ssl_certificate DIR/certificate.pem;
        ssl_certificate_key DIR/key.pem;
        location / {
            proxy_pass http://lkt;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
        }
    }
}
"""


class Proxy(Server):
    """nginx with a certificate of its own, before a server that runs."""

    def __init__(self, directory, backend):
        self.directory, self.backend = directory, backend
        super().__init__("nginx", ["nginx", "-p", directory, "-c", directory / "nginx.conf"])
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-keyout", directory / "key.pem", "-out", directory / "certificate.pem"],
            check=True, capture_output=True,
        )

    def prepare(self):
        text = CONFIGURATION.replace("DIR", str(self.directory)).replace("BACKEND", str(self.backend.port))
        (self.directory / "nginx.conf").write_text(text.replace("PORT", str(self.port)))

    def wait(self):
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                time.sleep(0.01)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        lkt = Server("lkt", serve())
        lkt.start()
        proxy = Proxy(directory, lkt)
        measure(directory, options.seconds, "kept connections, plain HTTP", lkt, [lkt])
        measure(directory, options.seconds, "a connection each, plain HTTP", lkt, [lkt], close=True)
        proxy.start()
        try:
            measure(directory, options.seconds, "kept connections, TLS in nginx", proxy, [lkt, proxy], scheme="https")
            measure(
                directory, options.seconds, "a connection each, TLS in nginx", proxy, [lkt, proxy],
                close=True, scheme="https",
            )
        finally:
            proxy.stop()
            lkt.stop()


def measure(work, seconds, what, asked, servers, close=False, scheme="http"):
    """Prints the joins per second, and what one costs each server."""
    before = [server.processor_time() for server in servers]
    load = wrk(work, asked, 64, seconds, close=close, scheme=scheme)
    costs = [(server.processor_time() - was) / load.requests * 1e6 for server, was in zip(servers, before)]
    shares = ", ".join(f"{server.name} {cost:.0f} µs" for server, cost in zip(servers, costs))
    print(f"{what}: {load.rate:,.0f} joins per second; processor time each: {shares}", flush=True)


if __name__ == "__main__":
    main()
