#!/usr/bin/env bash
# requests 2.32.5 (PyPI) replaces an `Authorization: Bearer` header given in `headers` with the Basic
# credentials of a netrc entry for the same host, such as one made for a private package index on localhost:
# a token endpoint gets no login token, and answers 401. httpx 0.28.1 and aiohttp 3.14.5 (PyPI) send the
# header. An aiohttp session with `trust_env=True`, as is needed behind a proxy, raises an error instead.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check requests==2.32.5 httpx==0.28.1 aiohttp==3.14.5
(umask 077; echo "machine 127.0.0.1 login ada password index" > netrc)

cat > try.py <<'PY'
import asyncio
import http.server
import threading
import aiohttp
import httpx
import requests


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = self.headers["authorization"].encode()
        self.send_response(201)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_address[1]}/getToken"
headers = {"authorization": "Bearer login-token"}


async def with_aiohttp(**options):
    async with aiohttp.ClientSession(**options) as session:
        async with session.post(url, json={}, headers=headers) as response:
            return await response.text()


print("requests:", requests.post(url, json={}, headers=headers).text)
print("httpx:", httpx.post(url, json={}, headers=headers).text)
print("aiohttp:", asyncio.run(with_aiohttp()))
try:
    print("aiohttp, trust_env:", asyncio.run(with_aiohttp(trust_env=True)))
except ValueError as error:
    print("aiohttp, trust_env:", error)
PY
env -u http_proxy -u HTTP_PROXY -u all_proxy -u ALL_PROXY NETRC="$PWD/netrc" python/bin/python try.py | tee output
diff output - <<'EXPECTED'
requests: Basic YWRhOmluZGV4
httpx: Bearer login-token
aiohttp: Bearer login-token
aiohttp, trust_env: Cannot combine AUTHORIZATION header with AUTH argument or credentials encoded in URL
EXPECTED
