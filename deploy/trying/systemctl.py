"""Stands in for systemctl in a trial: checks unit files, and starts their ExecStart lines itself.

::

    python systemctl.py FOLDER daemon-reload | enable --now UNIT... | reload nginx
"""

from __future__ import annotations

import json
import os
import pwd
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

KNOWN_NOISE = re.compile(r"^/(usr/)?(lib|etc)/systemd/|Failed to (initialize|connect)|^\s*$")


def main(folder: Path, words: list[str]) -> int:
    """Do what systemctl would."""
    match words:
        case ["daemon-reload"]:
            return _verify(folder)
        case ["enable", "--now", *units]:
            services = [
                f"{unit}.service" for unit in units if not unit.endswith((".target", ".timer"))
            ]
            for unit in services:
                _start(folder, unit)
            print(f"started without systemd, as their files say: {', '.join(services)}")
            return 0
        case ["reload", "nginx"]:
            return _reload_nginx(folder)
    print(f"the stand-in for systemctl knows no {words}", file=sys.stderr)
    return 1


def _verify(folder: Path) -> int:
    """Let systemd read every unit file; anything it says of ours is a failure."""
    files = sorted((folder / "systemd").glob("harken*"))
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder / 'systemd'}:"}
    done = subprocess.run(
        ["systemd-analyze", "--man=no", "verify", *map(str, files)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if not KNOWN_NOISE.search(line)]
    print(f"systemd is not process 1: systemd-analyze verify read {len(files)} unit files")
    print("\n".join(said))
    return 1 if said else 0


def read_unit(path: Path) -> dict[str, list[str]]:
    """Return the values of a unit file's [Service], by name."""
    values: dict[str, list[str]] = {}
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            values.setdefault(name, []).append(value)
    return values


def read_environment(service: dict[str, list[str]]) -> dict[str, str]:
    """Return what EnvironmentFile and Environment give the process."""
    lines = []
    for file in service.get("EnvironmentFile", []):
        lines += Path(file).read_text(encoding="utf-8").splitlines()
    lines += [item for line in service.get("Environment", []) for item in shlex.split(line)]
    pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
    return {name: value for name, _, value in pairs}


def _start(folder: Path, unit: str) -> None:
    service = read_unit(folder / "systemd" / unit)
    person = pwd.getpwnam(service["User"][0])
    log = (folder / "log" / f"{unit.removesuffix('.service')}.log").open("ab")
    process = subprocess.Popen(
        shlex.split(service["ExecStart"][0]),
        cwd=service["WorkingDirectory"][0],
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **read_environment(service)},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        user=person.pw_uid,
        group=person.pw_gid,
        extra_groups=[],
        umask=int(service["UMask"][0], 8),
        start_new_session=True,
    )
    _remember(folder, unit, process.pid)


def _reload_nginx(folder: Path) -> int:
    file = folder / "nginx.pid"
    if file.exists() and file.read_text().strip():  # nginx -t leaves an empty one
        os.kill(int(file.read_text()), signal.SIGHUP)
        return 0
    command = ["/usr/sbin/nginx", "-c", str(folder / "nginx/nginx.conf")]
    log = (folder / "log/nginx.log").open("ab")  # the caller's output must end with the caller
    process = subprocess.Popen(
        [*command, "-g", "daemon off;"], stdout=log, stderr=log, start_new_session=True
    )
    _remember(folder, "nginx", process.pid)
    deadline = time.monotonic() + 10
    while not (file.exists() and file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return 0 if process.poll() is None else 1


def _remember(folder: Path, name: str, pid: int) -> None:
    file = folder / "started.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**known, name: pid}))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
