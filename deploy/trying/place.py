"""Where a trial happens, and how nothing of it is left."""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAME = "harken_operate_try"
REDIS = "redis://127.0.0.1:6379/13"
LEAVE_S = 20.0


@dataclass(frozen=True, slots=True)
class Place:
    """The values of one trial."""

    folder: Path
    port: int
    http_port: int
    https_port: int
    password: str
    run_as: str
    db_admin: str
    site: str = "harken.try.test"

    @property
    def var(self) -> Path:
        """Where the site keeps its things."""
        return self.folder / "var"

    def values(self) -> dict[str, str]:
        """Return what the page's block of values is replaced by."""
        return {
            "SITE": self.site,
            "APP": str(self.folder / "opt"),
            "VAR": str(self.var),
            "ETC": str(self.folder / "etc"),
            "SYSTEMD": str(self.folder / "systemd"),
            "NGINX": str(self.folder / "nginx"),
            "NGINX_LOG": str(self.folder / "log"),
            "BIN": str(self.folder / "bin"),
            "RUN_AS": self.run_as,
            "NGINX_RUN_AS": self.run_as,
            "DB": NAME,
            "DB_ADMIN": self.db_admin,
            "REDIS": REDIS,
            "PORT": str(self.port),
            "HTTP_PORT": str(self.http_port),
            "HTTPS_PORT": str(self.https_port),
            "SOURCE": str(self.folder / "source"),
            "ADMIN_PASSWORD": self.password,
        }

    def tail_of_logs(self) -> str:
        """Return the last lines of every process's log."""
        logs = sorted((self.folder / "log").glob("*.log"))
        return "\n".join(
            f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            for log in logs
        )


def make_place(folder: Path) -> Place:
    """Return a trial's values; folders for systemd, nginx and the command are made."""
    folder.chmod(0o755)
    for name in ("systemd", "nginx/sites-available", "nginx/sites-enabled", "bin", "log", "shims"):
        (folder / name).mkdir(parents=True)
    _copy_checkout(folder / "source")
    ports = _free_ports(3)
    return Place(folder, *ports, secrets.token_urlsafe(18), _user(), _db_admin())


def started_file(place: Place) -> Path:
    """Return the list of what the stand-in for systemctl started, by name."""
    return place.folder / "started.json"


def started(place: Place) -> dict[str, int]:
    """Return the process ids of what was started."""
    file = started_file(place)
    return json.loads(file.read_text()) if file.exists() else {}


def stop_processes(place: Place) -> dict[str, float]:
    """Ask every process to end; return the seconds each took, killing none that leaves in time."""
    began, took = time.monotonic(), {}
    running = started(place)
    for pid in running.values():
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
    while running and time.monotonic() - began < LEAVE_S:
        for name, pid in list(running.items()):
            if not _lives(pid):
                took[name] = time.monotonic() - began
                del running[name]
        time.sleep(0.05)
    for name, pid in running.items():
        took[name] = float("inf")
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    started_file(place).unlink(missing_ok=True)
    return took


def clear_away(place: Place, *, folder: bool = True) -> None:
    """Stop what runs, and drop the database, the role, the messages and the user of a trial."""
    stop_processes(place)
    for statement in (
        f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)",
        f"DROP ROLE IF EXISTS {NAME}",
    ):
        command = [*place.db_admin.split(), "--quiet", "--dbname", "postgres", "-c", statement]
        subprocess.run(command, check=False, stderr=subprocess.DEVNULL, cwd="/")
    number = REDIS.rpartition("/")[2]
    with suppress(FileNotFoundError):
        subprocess.run(["redis-cli", "-n", number, "flushdb"], check=False, capture_output=True)
    if folder and place.run_as == NAME and _has_user():
        subprocess.run(["userdel", NAME], check=False, capture_output=True)
        subprocess.run(["groupdel", NAME], check=False, capture_output=True)
    if folder:
        shutil.rmtree(place.folder, ignore_errors=True)


def _copy_checkout(target: Path) -> None:
    """Copy what git knows or would add, as an archive of the checkout at this moment."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, done.stdout.split("\0")):
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # removed, but not yet from git's list
            shutil.copy2(ROOT / name, place)


def _lives(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def _has_user() -> bool:
    try:
        pwd.getpwnam(NAME)
    except KeyError:
        return False
    return True


def _user() -> str:
    """Return a user of the trial's own, or root where others cannot read this checkout."""
    probe = ["runuser", "-u", "nobody", "--", "test", "-r", str(ROOT / "manage.py")]
    packages = ["runuser", "-u", "nobody", "--", "test", "-x", packages_folder()]
    for command in (probe, packages):
        if subprocess.run(command, check=False, capture_output=True, cwd="/").returncode:
            print("note: only root can read this checkout, so the site runs as root in this trial")
            return "root"
    return NAME


def packages_folder() -> str:
    """Return where the packages of the interpreter at hand lie."""
    return next(path for path in sys.path if path.endswith("site-packages"))


def _db_admin() -> str:
    for command in ("runuser -u postgres -- psql", "psql --host 127.0.0.1 --username postgres"):
        asked = [*command.split(), "--dbname", "postgres", "-Atc", "SELECT 1"]
        done = subprocess.run(asked, check=False, capture_output=True, text=True, cwd="/")
        if done.stdout.strip() == "1":
            return command
    raise SystemExit("PostgreSQL does not answer on this machine; start it and try again.")


def _free_ports(n: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports
