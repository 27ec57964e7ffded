#!/usr/bin/env bash
# JupyterHub 5.5.4 (PyPI) is an OAuth provider for its services, and its token endpoint looks for the client's
# secret in the body alone. With HTTP Basic, which RFC 6749 asks of every provider and many clients use by
# default, it answers `invalid_client`. The token is opaque and lives 14 days.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv python
python/bin/pip install --quiet jupyterhub==5.5.4

cat > config.py <<'PYTHON'
import os
from jupyterhub.proxy import Proxy

class NoProxy(Proxy):
    """Requests go to the hub itself."""
    should_start = False
    async def add_route(self, *_): pass
    async def delete_route(self, *_): pass
    async def get_all_routes(self): return {}

c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.hub_bind_url = os.environ["HUB"]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.log_level = "CRITICAL"
c.JupyterHub.cookie_secret = os.urandom(32)
c.JupyterHub.services = [{
    "name": "app", "url": "http://127.0.0.1:9", "api_token": "secret-of-the-app", "oauth_client_id": "service-app",
    "oauth_redirect_uri": "http://127.0.0.1/callback", "oauth_no_confirm": True,
}]
c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self", "access:services"]}]
PYTHON
cat > try.py <<'PYTHON'
import base64, http.cookiejar, json, os, socket, subprocess, sys, time, urllib.error, urllib.parse, urllib.request
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    hub = f"http://127.0.0.1:{probe.getsockname()[1]}"
server = subprocess.Popen([sys.executable, "-m", "jupyterhub", "-f", "config.py"], env={**os.environ, "HUB": hub})
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request, file, code, message, headers, url):
        return None if url.startswith("http://127.0.0.1/callback") else super().redirect_request(request, file, code, message, headers, url)
cookies = http.cookiejar.CookieJar()
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies), Stay)
def code():
    cookies.clear()
    query = {"response_type": "code", "client_id": "service-app", "redirect_uri": "http://127.0.0.1/callback", "state": "s"}
    next_ = "/hub/api/oauth2/authorize?" + urllib.parse.urlencode(query)
    browser.open(f"{hub}/hub/login").read()
    xsrf = next(cookie.value for cookie in cookies if cookie.name == "_xsrf")
    form = urllib.parse.urlencode({"username": "ada", "password": "x", "_xsrf": xsrf}).encode()
    try:
        browser.open(f"{hub}/hub/login?" + urllib.parse.urlencode({"next": next_}), form)
    except urllib.error.HTTPError as answer:
        return urllib.parse.parse_qs(urllib.parse.urlparse(answer.headers["location"]).query)["code"][0]
def token(headers, body):
    form = {"grant_type": "authorization_code", "code": code(), "redirect_uri": "http://127.0.0.1/callback", **body}
    request = urllib.request.Request(f"{hub}/hub/api/oauth2/token", urllib.parse.urlencode(form).encode(), headers)
    try:
        answer = json.load(urllib.request.urlopen(request))
        return f"a token of {len(answer['access_token'])} letters for {answer['expires_in'] // 86400} days"
    except urllib.error.HTTPError as answer:
        return f"{answer.code} {json.load(answer)['error']}"
try:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{hub}/hub/api").read()
            break
        except OSError:
            time.sleep(0.1)
    basic = base64.b64encode(b"service-app:secret-of-the-app").decode()
    print("by HTTP Basic:", token({"authorization": f"Basic {basic}"}, {}), flush=True)
    print("in the body:", token({}, {"client_id": "service-app", "client_secret": "secret-of-the-app"}), flush=True)
finally:
    server.terminate()
    server.wait()
PYTHON
python/bin/python try.py 2> log | tee output || cat log
diff output - <<'EXPECTED'
by HTTP Basic: 401 invalid_client
in the body: a token of 30 letters for 14 days
EXPECTED
