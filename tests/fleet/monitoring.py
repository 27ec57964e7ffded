"""What operators see: metrics, alerts and the dashboard by Prometheus' and Grafana's own code, and the log by its schema."""

import http.server
import json
import pathlib
import re
import subprocess
import threading

from fleet import Replica, Store, free_port, get, token, wait_for

ROOT = pathlib.Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
NAME = re.compile(r"\b(?:lkt|process)_[a-z_]+\b")


class Backend(http.server.BaseHTTPRequestHandler):
    """Agrees to every request but those for one room, for which it fails."""

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(500 if question["request"]["room_name"] == "hall" else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


def promtool(*arguments, text=None):
    """What promtool says if it finds a fault, or anything to improve."""
    ran = subprocess.run(["promtool", *map(str, arguments)], input=text, capture_output=True, text=True)
    said = (ran.stdout + ran.stderr).strip()
    return said if ran.returncode or (text and said) else ""


def seen(lkt, folder):
    """The metrics and the log of a replica to which everything has happened that has a metric."""
    store = Store(folder)
    backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    denied = pathlib.Path(folder, "denied")
    denied.write_text("room=eve\n")
    replica = Replica(
        lkt, folder, "seen", "--store", f"redis://{store.address}", "--rate", "8/1h", "--log-format", "json", "-v",
        "--metrics-listen", "127.0.0.1:0", "--ask", f"http://127.0.0.1:{backend.server_port}/ask",
        "--auth-issuer", f"http://127.0.0.1:{free_port()}", "--auth-audience", "a", "--auth-optional",
        "--deny-file", str(denied),
    )  # fmt: skip
    logged = lambda text: wait_for(text, lambda: text in replica.log.read_text())
    try:
        for _ in range(3):
            token(replica.address, {"room_name": "ada", "room_config": {"agents": [{"agent_name": "a"}]}})
            token(replica.address, {"room_name": "eve"})
        token(replica.address, {"room_name": "hall"})
        token(replica.address, {"room_name": 1})
        token(replica.address, bearer="x.y.z")
        for _ in range(3):
            token(replica.address)
        get(replica.address, "/nothing")
        get(replica.address, "/healthz")
        denied.write_text("nonsense\n")
        logged("not reloaded")
        denied.write_text("room=eve2\n")
        logged('"reloaded"')
        wait_for("the last metric", lambda: 'lkt_reloads_total{result="done"} 1' in replica.metrics())
        text = replica.metrics()
    finally:
        replica.stop()
        backend.shutdown()
        store.stop()
    return text, replica.log.read_text()


def expressions(dashboard):
    """Every expression of a dashboard, with Grafana's variables filled in."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield re.sub(r"\$\w+", ".*", target["expr"].replace("$__rate_interval", "5m"))


def lost(before, after, path=""):
    """The places of what is not in a document any more after Grafana's own types have read and written it."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [place for key in before for place in lost(before[key], after.get(key), f"{path}/{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after))
        return [place for number, (old, new) in pairs for place in lost(old, new, f"{path}/{number}")]
    return [] if before == after else [path]


def metrics(lkt, folder):
    """Metrics, alerts and dashboard fit together, and Prometheus and Grafana know what they say."""
    from grafana_foundation_sdk.cog import plugins
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models.dashboard import Dashboard

    text, _ = seen(lkt, folder)
    names = set(NAME.findall(re.sub(r"\{.*", "", text)))
    alerts, board = DEPLOY / "alerts.yaml", json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    asked = list(expressions(board))
    used = set(NAME.findall("\n".join([*asked, *re.findall(r"expr:.*(?:\n {12}.*)*", alerts.read_text())])))
    documented = set(NAME.findall((ROOT / "docs/production.md").read_text()))
    # A histogram is documented by its name alone.
    shown = {re.sub(r"_seconds_(bucket|sum|count)$", "_seconds", name) for name in names}
    rules = pathlib.Path(folder, "dashboard.yaml")
    rules.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": [
        {"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(asked)
    ]}]}))  # fmt: skip
    plugins.register_default_plugins()
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))
    return [
        promtool("check", "metrics", text=text),
        promtool("check", "rules", alerts),
        promtool("test", "rules", DEPLOY / "alerts.test.yaml"),
        promtool("check", "rules", rules),
        f"no such metrics: {used - names}" if used - names else "",
        f"not in production.md: {shown - documented}" if shown - documented else "",
        f"in no panel and no alert: {shown - {re.sub('_bucket|_count', '', name) for name in used}}"
        if shown - {re.sub("_bucket|_count", "", name) for name in used} else "",
        f"Grafana does not know {lost(board, again)}" if lost(board, again) else "",
    ], f"{len(shown)} metrics, {len(asked)} expressions of the dashboard"  # fmt: skip


def log(lkt, folder):
    """Every line of the JSON log follows its schema."""
    from jsonschema import Draft202012Validator

    schema = json.loads((ROOT / "docs/log.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    _, text = seen(lkt, folder)
    lines = [json.loads(line) for line in text.splitlines()]
    messages = {line["message"] for line in lines}
    faults = [f"{line}: {error.message}" for line in lines for error in validator.iter_errors(line)]
    missing = {"listening", "request", "refused", "reloaded"} - messages
    # The schema would see what it must not: a field that is not documented.
    request = next(line for line in lines if line["message"] == "request" and "key" in line)
    blind = validator.is_valid({**request, "password": "x"}) or validator.is_valid({**request, "status": "201"})
    return [
        *faults,
        f"not logged: {missing}" if missing else "",
        "the schema takes anything" if blind else "",
    ], f"{len(lines)} lines, {len(messages)} messages"


CASES = [metrics, log]
