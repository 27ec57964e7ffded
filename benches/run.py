"""Measures lkt and its peers by turns, and prints one table with medians and ratios to lkt."""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import typing

HERE = pathlib.Path(__file__).resolve().parent
LKT = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target")) / "release" / "lkt"
CONNECTIONS = [1, 8, 32, 128, 512]
BODY = json.dumps(
    {
        "room_name": "a-room-for-the-benchmark",
        "participant_identity": "participant-0123456789abcde",
        "participant_name": "A participant of the benchmark",
        "participant_metadata": json.dumps({"plan": "pro", "seat": 17}),
        "participant_attributes": {"lang": "en", "role": "speaker"},
    },
    separators=(",", ":"),
)


class Server:
    """A program that answers on a port of its own."""

    def __init__(self, name, command):
        self.name, self.command = name, command

    def is_there(self):
        if "php" in str(self.command[0]):
            return bool(shutil.which("nginx") and list(pathlib.Path("/usr/sbin").glob("php-fpm8*")))
        return shutil.which(str(self.command[0])) is not None

    def start(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.prepare()
        command = [str(part).replace("PORT", str(self.port)) for part in self.command]
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self.first_answer = self.wait()

    def prepare(self):
        """What has to be there before it starts, and depends on its port."""

    def headers(self):
        """What a request needs besides its content type."""
        return {}

    def wait(self):
        """Seconds from the start to the first answer."""
        headers = {"Host": "127.0.0.1", "Content-Type": "application/json", **self.headers()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST /getToken HTTP/1.1\r\n{lines}Content-Length: {len(BODY)}\r\n\r\n"
        request = (head + BODY).encode()
        while time.perf_counter() - self.began < 30:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
                    client.sendall(request)
                    answer = client.recv(65536)
                    if answer.startswith(b"HTTP/1.1 201"):
                        return time.perf_counter() - self.began
            except ConnectionError:
                time.sleep(0.0005)
        raise SystemExit(f"{self.name} does not answer")

    def memory(self):
        """KiB of resident memory, of all its processes."""
        group = subprocess.run(
            ["ps", "-o", "rss=", "-g", str(self.process.pid)], capture_output=True, text=True
        )
        return sum(int(size) for size in group.stdout.split())

    def processes(self):
        """The process that was started, and what it started."""
        group = subprocess.run(["pgrep", "-g", str(self.process.pid)], capture_output=True, text=True)
        return [int(process) for process in group.stdout.split()]

    def processor_time(self):
        """Seconds of processor time that its processes have taken so far."""
        ticks = 0
        for process in self.processes():
            # What follows the name, which may have spaces in it: see proc(5).
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        # Told first, since what it started may have left its group.
        os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        # Whoever of the group is left; there may be nobody.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def serve(*flags, program=LKT):
    """The command of lkt's server, on PORT."""
    return [program, "serve", "--dev", "-q", "--listen", "127.0.0.1:PORT", "--max-connections", "2048", *flags]


def servers(work):
    everyone = [
        Server("lkt", serve()),
        Server("lkt without tiny_http", serve(program=work / "without-tiny_http/release/lkt")),
        Server("warp + livekit-token", [work / "rust/release/warp", "PORT"]),
        Server("axum + livekit-token", [work / "rust/release/axum", "PORT"]),
        Server("Go net/http + protocol/auth", [work / "go-peer", "PORT"]),
        Server("Express + livekit-server-sdk", ["node", HERE / "peers/node/server.js", "PORT"]),
        Server(
            "Flask on gunicorn + livekit-api",
            [work / "venv/bin/gunicorn", "--chdir", HERE / "peers/python", "--workers", "2",
             "--threads", "2", "--keep-alive", "60", "--bind", "127.0.0.1:PORT", "server:app"],
        ),
        Server(
            "Sinatra on puma + jwt",
            ["puma", "--quiet", "--environment", "production", "--workers", "2", "--threads", "2:2",
             "--bind", "tcp://127.0.0.1:PORT", HERE / "peers/ruby/config.ru"],
        ),
        Server("PHP-FPM behind nginx", [HERE / "peers/php/start", "PORT"]),
        Server("floor: fixed answer, a thread a connection", [work / "rust/release/floor", "PORT", "560"]),
    ]
    there = {server.name: server.is_there() for server in everyone}
    for name in (name for name, is_there in there.items() if not is_there):
        print(f"{name} is left out: it is not installed", file=sys.stderr)
    return [server for server in everyone if there[server.name]]


def script(work, server, body, close):
    """A wrk script that sends this body."""
    path = work / "post.lua"
    headers = {"Content-Type": "application/json", **server.headers()}
    if close:
        headers["Connection"] = "close"
    lines = ['wrk.method = "POST"', f"wrk.body = {json.dumps(body)}"]
    lines += [f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items()]
    path.write_text("\n".join(lines))
    return path


class Load(typing.NamedTuple):
    """What wrk measures: p50 and p99 are in milliseconds."""

    rate: float
    requests: int
    half: float
    most: float


def wrk(work, server, connections, seconds, body=BODY, close=False, scheme="http"):
    """What wrk measures."""
    threads = min(2, connections)
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s",
               "-s", script(work, server, body, close), f"{scheme}://127.0.0.1:{server.port}/getToken"]
    text = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text:
        raise SystemExit(f"{server.name}: {text}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    requests = int(re.search(r"(\d+) requests in", text)[1])
    return Load(rate, requests, percentile(text, "50%"), percentile(text, "99%"))


def percentile(text, name):
    value, unit = re.search(rf"{name}\s+([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def system_calls(work, server):
    """How many a request takes, of all its processes."""
    out = work / "strace"
    attached = [part for process in server.processes() for part in ("-p", str(process))]
    strace = subprocess.Popen(["strace", "-f", "-c", "-o", out, *attached], stderr=subprocess.PIPE, text=True)
    # It says so of each process once it is attached.
    strace.stderr.readline()
    requests = wrk(work, server, 32, 1).requests
    strace.send_signal(signal.SIGINT)
    strace.communicate()
    total = next(line for line in out.read_text().splitlines() if line.endswith("total"))
    return int(total.split()[3]) / requests


def oha(work, server, rate, seconds):
    """p50 and p99 in milliseconds at a fixed rate, counted from when a request was due."""
    command = [work / "tools/bin/oha", "-q", rate, "-z", f"{seconds}s", "-c", 32, "--latency-correction",
               "--no-tui", "-m", "POST", "-T", "application/json", "-d", BODY, "--output-format", "json",
               f"http://127.0.0.1:{server.port}/getToken"]
    text = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout
    points = json.loads(text)["latencyPercentiles"]
    return points["p50"] * 1000, points["p99"] * 1000


class Table:
    """Values by measure and server, in rounds."""

    def __init__(self):
        self.values = {}

    def add(self, measure, name, value):
        self.values.setdefault(measure, {}).setdefault(name, []).append(value)

    def median(self, measure, name):
        values = self.values[measure].get(name)
        return statistics.median(values) if values else None

    def plain(self, names):
        """The medians alone, as a table of Markdown."""
        short = [re.split(r" \+|:| on | behind ", name)[0].removesuffix(" net/http") for name in names]
        lines = ["| measure | " + " | ".join(short) + " |"]
        lines.append("| --- |" + " --- |" * len(names))
        for measure in self.values:
            values = [self.median(measure, name) for name in names]
            lines.append(f"| {measure} | " + " | ".join("" if value is None else shown(value) for value in values) + " |")
        return "\n".join(lines) + "\n"

    def against(self, name, peers):
        """Prints what a server takes or reaches, as a part of the best of these peers."""
        print(f"\n{name}, where the best of {', '.join(peers)} is 1.00")
        for measure in self.values:
            best = max if measure.startswith("requests/s") else min
            values = [self.median(measure, peer) for peer in peers]
            values = [value for value in values if value]
            own = self.median(measure, name)
            if values and own is not None:
                print(f"{measure}: {own / best(values):.2f}")

    def print(self, names):
        print("| measure | " + " | ".join(names) + " |")
        print("| --- |" + " --- |" * len(names))
        for measure in self.values:
            own = self.median(measure, names[0])
            cells = []
            for name in names:
                value = self.median(measure, name)
                cells.append("" if value is None else f"{shown(value)} ({value / own:.2f})")
            print(f"| {measure} | " + " | ".join(cells) + " |")
        print()


def shown(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def http(work, options):
    table = Table()
    everyone = servers(work)
    large = {size: json.dumps({"participant_metadata": "m" * (size * 3 // 4)}) for size in (4096, 32768)}
    for server in everyone:
        program = pathlib.Path(server.command[0])
        # What starts with an interpreter has no size of its own.
        if server.name == "lkt" or (program.is_relative_to(work) and not program.is_relative_to(work / "venv")):
            table.add("size of the program, KiB", server.name, program.stat().st_size / 1024)
    for turn in range(options.rounds):
        for server in everyone:
            print(f"round {turn + 1}: {server.name}", file=sys.stderr)
            server.start()
            table.add("start to first answer, ms", server.name, server.first_answer * 1000)
            table.add("memory idle, KiB", server.name, server.memory())
            for connections in CONNECTIONS:
                measured(table, work, server, options, f"{connections} connections", connections=connections)
            table.add("memory after the load, KiB", server.name, server.memory())
            measured(table, work, server, options, "a new connection per request", close=True)
            if not server.name.startswith("floor"):
                for size, body in large.items():
                    measured(table, work, server, options, f"answers of {size // 1024} KiB", body=body)
            half, most = oha(work, server, 5000, options.seconds)
            table.add("p50 ms at 5,000 requests/s", server.name, half)
            table.add("p99 ms at 5,000 requests/s", server.name, most)
            if shutil.which("strace"):
                table.add("system calls per request, 32 connections", server.name, system_calls(work, server))
            server.stop()
    names = [server.name for server in everyone]
    table.print(names)
    table.against(names[0], [name for name in names if name.startswith(("warp", "axum"))])
    if options.write:
        keep(table.plain(names))


def measured(table, work, server, options, load_name, connections=32, **load):
    """Puts one load on a server, and adds what it measures."""
    before = server.processor_time()
    result = wrk(work, server, connections, options.seconds, **load)
    taken = (server.processor_time() - before) / result.requests
    table.add(f"requests/s, {load_name}", server.name, result.rate)
    table.add(f"p50 ms, {load_name}", server.name, result.half)
    table.add(f"p99 ms, {load_name}", server.name, result.most)
    table.add(f"processor time per request, µs, {load_name}", server.name, taken * 1e6)


def keep(table):
    """Puts the table into README.md, and draws the chart from it."""
    readme = HERE / "README.md"
    before, rest = readme.read_text().split("| measure |", 1)
    after = rest.partition("\n\n")[2]
    readme.write_text(f"{before}{table}\n{after}")
    subprocess.run([sys.executable, HERE / "chart.py"], check=True)


def processes(work, options):
    """One token as a whole process."""
    commands = {
        "lkt mint --dev": f"{LKT} mint --dev --room demo --identity ada",
        "/bin/true": "/bin/true",
        "jwt encode": f"{work}/tools/bin/jwt encode --secret secret --iss devkey --sub ada {{}}",
        "livekit-server-sdk, Node": f"node {HERE}/peers/node/mint.js",
        "livekit-api, Python": f"{work}/venv/bin/python {HERE}/peers/python/mint.py",
    }
    if (work / "lk").is_file():
        lk = f"{work}/lk token create --api-key devkey --api-secret secret --join --room demo --identity ada"
        commands["lk token create"] = lk
    out = work / "hyperfine.json"
    table = Table()
    for _ in range(options.rounds):
        command = ["hyperfine", "-N", "--warmup", "3", "--min-runs", str(options.runs), "--export-json", out]
        command += list(commands.values())
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
        for name, result in zip(commands, json.loads(out.read_text())["results"]):
            table.add("whole process, ms", name, result["median"] * 1000)
    table.print(list(commands))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="put the table into README.md, and draw the chart")
    options = parser.parse_args()
    processes(options.work, options)
    http(options.work, options)


if __name__ == "__main__":
    main()
