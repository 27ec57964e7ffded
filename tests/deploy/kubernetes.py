"""Whether the documents of kubernetes.yaml and servicemonitor.yaml fit together, and whether their store starts.

Schemas do not see that a label, a port or a file that one document names is in no other.
"""

import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import tomllib

import yaml

DEPLOY = pathlib.Path(__file__).parents[2] / "deploy"


def documents(name):
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


def find(everything, kind, name):
    return next(d for d in everything if d["kind"] == kind and d["metadata"]["name"] == name)


def matches(selector, labels):
    return selector.items() <= labels.items()


def pods(everything):
    return {d["metadata"]["name"]: d["spec"]["template"] for d in everything if d["kind"] in ("Deployment", "StatefulSet")}


def check(everything, monitor):
    """What does not fit together."""
    workloads = pods(everything)
    ports = lambda pod: {port["name"] for container in pod["spec"]["containers"] for port in container["ports"]}
    labels = lambda pod: pod["metadata"]["labels"]
    for service in (d for d in everything if d["kind"] == "Service"):
        backends = [pod for pod in workloads.values() if matches(service["spec"]["selector"], labels(pod))]
        for port in service["spec"]["ports"]:
            if not backends or any(port["targetPort"] not in ports(pod) for pod in backends):
                yield f"{service['metadata']['name']} leads to no port {port['targetPort']}"
    for policy in (d for d in everything if d["kind"] == "NetworkPolicy"):
        chosen = [pod for pod in workloads.values() if matches(policy["spec"]["podSelector"]["matchLabels"], labels(pod))]
        open_ports = {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]}
        if not chosen or any(open_ports != ports(pod) for pod in chosen):
            yield f"the policy {policy['metadata']['name']} opens {open_ports}"
    budget = find(everything, "PodDisruptionBudget", "lkt")["spec"]["selector"]["matchLabels"]
    target = find(everything, "HorizontalPodAutoscaler", "lkt")["spec"]["scaleTargetRef"]
    find(everything, target["kind"], target["name"])
    if not matches(budget, labels(workloads["lkt"])) or "replicas" in find(everything, "Deployment", "lkt")["spec"]:
        yield "the budget or the autoscaler have no effect"
    for name, pod in workloads.items():
        mounts = {mount["name"] for container in pod["spec"]["containers"] for mount in container["volumeMounts"]}
        claims = {claim["metadata"]["name"] for claim in find(everything, "StatefulSet", "lkt-store")["spec"]["volumeClaimTemplates"]}
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        if mounts != volumes | (claims if name == "lkt-store" else set()):
            yield f"the volumes of {name} are not its mounts"
    selector = monitor["spec"]["selector"]["matchLabels"]
    monitored = [d for d in everything if d["kind"] == "Service" and matches(selector, d["metadata"]["labels"])]
    names = [port["name"] for service in monitored for port in service["spec"]["ports"]]
    if [endpoint["port"] for endpoint in monitor["spec"]["endpoints"]] != names:
        yield f"the monitor finds {names}"
    if monitored[0]["metadata"]["labels"][monitor["spec"]["jobLabel"]] != "lkt":
        yield "the job has another name than in alerts.yaml"
    settings = tomllib.loads(find(everything, "ConfigMap", "lkt")["data"]["lkt.toml"])
    host, port = re.fullmatch(r"redis://([^:]+):(\d+)", settings["store"]).groups()
    if find(everything, "Service", host)["spec"]["ports"][0]["port"] != int(port):
        yield "the store is at another port"
    listening = {int(settings[name].rsplit(":", 1)[1]) for name in ("listen", "metrics-listen")}
    if listening != {port["containerPort"] for port in workloads["lkt"]["spec"]["containers"][0]["ports"]}:
        yield f"lkt listens at {listening}"


def store_starts(everything):
    """Runs the store's command with Redis in the place of Valkey, and asks it with and without the password."""
    container = pods(everything)["lkt-store"]["spec"]["containers"][0]
    with tempfile.TemporaryDirectory() as folder:
        at = lambda name: pathlib.Path(folder, name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        settings = find(everything, "ConfigMap", "lkt-store")["data"]["valkey.conf"]
        at("valkey.conf").write_text(settings.replace("/data", folder) + f"port {port}\nbind 127.0.0.1\n")
        at("store-password").write_text("a-password\n")
        script = container["args"][0].replace("/etc/valkey", folder).replace("/secrets", folder)
        command = [*container["command"], script.replace("valkey-server", "redis-server")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            ask = lambda *arguments: subprocess.run(
                ["redis-cli", "-p", str(port), *arguments], capture_output=True, text=True
            ).stdout.strip()
            end = time.monotonic() + 10
            while not ask("PING") and time.monotonic() < end:
                time.sleep(0.05)
            said = [ask("PING"), ask("-a", "a-password", "PING"), ask("-a", "a-password", "CONFIG", "GET", "appendonly")]
            listed = "a-password" in pathlib.Path(f"/proc/{process.pid}/cmdline").read_text()
        finally:
            process.terminate()
            process.wait(10)
    if said != ["NOAUTH Authentication required.", "PONG", "appendonly\nyes"] or listed:
        yield f"the store: {said}, {listed=}"


def main():
    everything = documents("kubernetes.yaml")
    faults = [*check(everything, documents("servicemonitor.yaml")[0]), *store_starts(everything)]
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
