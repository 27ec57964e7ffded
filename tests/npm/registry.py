"""A registry of npm on loopback that serves the tarballs of a directory.

registry.py DIRECTORY: prints its URL. It answers what npm, pnpm and yarn ask to install a package, and
nothing else.
"""

import base64
import hashlib
import json
import sys
import tarfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote


def manifest(path):
    with tarfile.open(path) as archive:
        return json.load(archive.extractfile("package/package.json"))


def packages(directory, url):
    """What the registry says of each package: its one version."""
    documents = {}
    for path in Path(directory).glob("*.tgz"):
        package, data = manifest(path), path.read_bytes()
        package["dist"] = {
            "tarball": f"{url}/-/{path.name}",
            "integrity": "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode(),
            "shasum": hashlib.sha1(data).hexdigest(),
        }
        version = package["version"]
        documents[package["name"]] = {
            "name": package["name"],
            "dist-tags": {"latest": version},
            "versions": {version: package},
            "time": {version: "2020-01-01T00:00:00.000Z"},
        }
    return documents


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name = unquote(self.path.partition("?")[0]).lstrip("/")
        if name.startswith("-/"):
            self.answer(200, (self.server.directory / Path(name).name).read_bytes())
        elif name in self.server.packages:
            self.answer(200, json.dumps(self.server.packages[name]).encode())
        else:
            self.answer(404, b"{}")

    def do_POST(self):
        """Security advisories: there are none."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(200, b"{}")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main(directory):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}"
    server.directory, server.packages = Path(directory), packages(directory, url)
    print(url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
