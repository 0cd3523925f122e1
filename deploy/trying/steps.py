"""Runs the page's steps in one shell, with stand-ins for what would change the whole machine."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from trying.page import Step, names_of_values
from trying.place import Place, packages_folder

SYSTEM_PYTHON = "/usr/bin/python3"
LIMIT_S = 1200

NGINX_CONF = """\
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/log/nginx-error.log;
events {{ worker_connections 256; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path {folder}/nginx/body;
    proxy_temp_path {folder}/nginx/proxy;
    fastcgi_temp_path {folder}/nginx/fastcgi;
    uwsgi_temp_path {folder}/nginx/uwsgi;
    scgi_temp_path {folder}/nginx/scgi;
    include {folder}/nginx/sites-enabled/*.conf;
}}
"""


def run_steps(steps: list[Step], place: Place, *, fresh: bool) -> None:
    """Run every step; the first that fails ends the trial.

    Raises
    ------
    AssertionError
        A step failed, or the page has a value that the trial does not know.
    """
    values = place.values()
    unknown = names_of_values(steps[0]) - values.keys()
    assert not unknown, f"the trial has no value for {', '.join(sorted(unknown))}"
    _write_shims(place)
    script = ["set -euo pipefail", "cd /"]
    script += [f"{name}={shlex.quote(value)}" for name, value in values.items()]
    for step in steps[1:]:
        text = step.text
        if step.name == "environment-of-python" and not fresh:
            text = _borrowed_environment(place)
        script += [f"echo '::step {step.name}'", text]
    _run("\n".join(script), place)


def _run(script: str, place: Place) -> None:
    environment = {key: os.environ[key] for key in ("HOME", "LANG", "TERM") if key in os.environ}
    kept = {k: v for k, v in os.environ.items() if k.upper().startswith(("PIP_", "SSL_", "HTTP"))}
    path = f"{place.folder / 'shims'}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    process = subprocess.Popen(
        ["bash", "-c", script],
        env={**environment, **kept, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        _follow(process, place)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _follow(process: subprocess.Popen[str], place: Place) -> None:
    began, name = time.monotonic(), ""
    for line in process.stdout or ():
        if line.startswith("::step "):
            name = line.split()[1]
            print(f"[{time.monotonic() - began:6.1f} s] step {name}", flush=True)
        else:
            print(f"           {line.replace(place.password, '(password)').rstrip()}", flush=True)
    assert process.wait(LIMIT_S) == 0, f"the step {name!r} ended with {process.returncode}"


def _borrowed_environment(place: Place) -> str:
    """Return a step that makes an empty environment and lends it the packages at hand."""
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    reachable = Path(SYSTEM_PYTHON).resolve().name == own
    python = SYSTEM_PYTHON if reachable else sys.executable
    packages = f'"$APP"/venv/lib/{own}/site-packages'
    pip = f'{shlex.quote(sys.executable)} -m pip install -qq --constraint "$SOURCE/constraints.txt"'
    return (
        "echo 'packages are borrowed from the interpreter at hand (--fresh installs them)'\n"
        f'{shlex.quote(python)} -m venv --without-pip "$APP/venv"\n'
        f"echo {shlex.quote(packages_folder())} > {packages}/borrowed.pth\n"
        # Debian 12's Python is 3.11.2: below 3.11.3 redis needs one package more.
        f"{pip} --no-deps --target {packages} async-timeout\n"
    )


def _write_shims(place: Place) -> None:
    (place.folder / "nginx/nginx.conf").write_text(
        NGINX_CONF.format(user=place.run_as, folder=place.folder)
    )
    stand_in = Path(__file__).with_name("systemctl.py")
    _shim(place, "systemctl", f'exec {shlex.quote(sys.executable)} {stand_in} {place.folder} "$@"')
    _shim(place, "nginx", f'exec /usr/sbin/nginx -c {place.folder}/nginx/nginx.conf "$@"')
    if place.run_as == "root":
        _shim(place, "runuser", '[ "$2" = root ] && shift 3; exec "$@"')


def _shim(place: Place, name: str, line: str) -> None:
    path = place.folder / "shims" / name
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
