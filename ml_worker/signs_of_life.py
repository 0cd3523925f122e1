"""Which workers and followers live: each rewrites a small file below the var folder.

Site and workers share that folder anyway, so this needs neither a broker that can broadcast nor a
port. Standard library only.

::

    VAR/workers/<name>.<host>.<pid>.json    {"name", "host", "pid", "started_at", "at"}
"""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ml_worker.contract import write_json_atomically

BEAT_S = 10.0
SILENT_S = 45.0
"""Silent for longer than four beats and a half, a process counts as gone."""
FOLLOWER = "follower"
_MOST_FILES = 1_000
_FORGET_S = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """One process: the queue it serves (or ``follower``), where it runs, and when it last wrote."""

    name: str
    host: str
    pid: int
    started_at: float
    at: float


def workers_folder(var_dir: Path) -> Path:
    """Return where the signs of life lie."""
    return var_dir / "workers"


@contextmanager
def showing_life(var_dir: Path, name: str) -> Iterator[None]:
    """Show while the block lasts that this process lives; a disk that is full stops nothing."""
    host = _own_host()
    path = workers_folder(var_dir) / f"{name}.{host}.{os.getpid()}.json"
    started_at, over = time.time(), threading.Event()

    def beat() -> None:
        while True:
            with suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                sign = SignOfLife(name, host, os.getpid(), started_at, time.time())
                write_json_atomically(path, asdict(sign))
            if over.wait(BEAT_S):
                return

    thread = threading.Thread(target=beat, name="sign of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(2.0)
        path.unlink(missing_ok=True)


def read_signs_of_life(var_dir: Path) -> list[SignOfLife]:
    """Return the latest signs, the newest first; of a week ago or broken they are left out."""
    found = []
    for path in sorted(workers_folder(var_dir).glob("*.json"))[:_MOST_FILES]:
        with suppress(OSError, ValueError, TypeError, KeyError):
            data = json.loads(path.read_text(encoding="utf-8"))
            sign = SignOfLife(
                str(data["name"]),
                str(data["host"]),
                int(data["pid"]),
                float(data["started_at"]),
                float(data["at"]),
            )
            if time.time() - sign.at < _FORGET_S:
                found.append(sign)
    return sorted(found, key=lambda sign: -sign.at)


def is_alive(sign: SignOfLife, *, now: float) -> bool:
    """Say whether a process has written lately; the bound counts as alive."""
    return now - sign.at <= SILENT_S


def lives_here(var_dir: Path, name: str) -> bool:
    """Say whether a process of that name has lately written from this machine or container."""
    host, now = _own_host(), time.time()
    signs = read_signs_of_life(var_dir)
    return any(s.name == name and s.host == host and is_alive(s, now=now) for s in signs)


def _own_host() -> str:
    return re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:64]
