"""Runs lkt.service on the socket of lkt.socket, as systemd would, without systemd.

unit.py SERVICE SOCKET [ROOT]: prints `started` once lkt runs. SIGHUP restarts it, SIGTERM stops it. The
name of the files is the name of the unit (%N); its process is in /run/NAME.pid.
Reads the settings that decide what is run, as whom, on which socket, and whether with a network,
from drop-ins too; the rest of the sandbox is `systemd-analyze`'s to judge. With ROOT, all of this
happens in that root directory.
"""

import grp
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path


def settings(path):
    """Every `Name=value` line, in order: names may come twice."""
    lines = Path(path).read_text().replace("%N", Path(path).stem).splitlines()
    return [tuple(line.split("=", 1)) for line in lines if "=" in line and not line.startswith("#")]


def with_drop_ins(unit, name):
    drop_ins = Path(f"/etc/systemd/system/{name}.service.d")
    return unit + [setting for path in sorted(drop_ins.glob("*.conf")) for setting in settings(path)]


def named(unit, name):
    return [value for key, value in unit if key == name]


def listening(unit):
    (path,) = named(unit, "ListenStream")
    Path(path).parent.mkdir(mode=int(*named(unit, "DirectoryMode"), 8), parents=True, exist_ok=True)
    held = socket.socket(socket.AF_UNIX)
    held.bind(path)
    owner = pwd.getpwnam(*named(unit, "SocketUser")).pw_uid
    os.chown(path, owner, grp.getgrnam(*named(unit, "SocketGroup")).gr_gid)
    os.chmod(path, int(*named(unit, "SocketMode"), 8))
    held.listen(int(*named(unit, "Backlog")))
    return held


def load_credentials(unit, user, directory):
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o500, parents=True)
    os.chown(directory, user.pw_uid, user.pw_gid)
    for credential in named(unit, "LoadCredential"):
        name, source = credential.split(":")
        target = directory / name
        target.write_bytes(Path(source).read_bytes())
        os.chown(target, user.pw_uid, user.pw_gid)
        target.chmod(0o400)


def start(unit, held, name):
    unit = with_drop_ins(unit, name)
    user = pwd.getpwnam(*named(unit, "User"))
    credentials = Path(f"/run/credentials/{name}.service")
    load_credentials(unit, user, credentials)
    values = {"PATH": "/usr/local/bin:/usr/bin:/bin", "CREDENTIALS_DIRECTORY": str(credentials)}
    (line,) = named(unit, "ExecStart")
    words = shlex.split(line.replace("${CREDENTIALS_DIRECTORY}", str(credentials)))
    words[0] = shutil.which(words[0], path=values["PATH"])
    as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    network = ["unshare", "--net"] if named(unit, "PrivateNetwork")[-1] == "yes" else []
    # LISTEN_PID is known only to the process itself; passed sockets begin at 3.
    shell = f'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&{held.fileno()}'
    process = subprocess.Popen(
        [*network, *as_user, "bash", "-c", shell, "sh", *words],
        pass_fds=[held.fileno()],
        env=values,
        umask=int(*named(unit, "UMask"), 8),
    )
    # Complete at once for a reader.
    Path(f"/run/{name}.new").write_text(str(process.pid))
    os.replace(f"/run/{name}.new", f"/run/{name}.pid")
    return process


def main(service, socket_unit, root=None):
    name = Path(service).stem
    service, socket_unit = settings(service), settings(socket_unit)
    if root:
        os.chroot(root)
        os.chdir("/")
    held = listening(socket_unit)
    process = start(service, held, name)
    asked = []

    def stop(number, _frame):
        asked.append(number)
        process.terminate()

    signal.signal(signal.SIGHUP, stop)
    signal.signal(signal.SIGTERM, stop)
    print("started", flush=True)
    while True:
        code = process.wait()
        if not asked or code != 0:
            print(f"lkt ended with {code}", file=sys.stderr)
            return 1
        if asked.pop() == signal.SIGTERM:
            return 0
        process = start(service, held, name)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
