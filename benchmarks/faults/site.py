"""The site and its workers, as ``serve`` runs them, and what of them is killed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.faults.servers import START_S, NotRunnable, free_port

ROOT = Path(__file__).resolve().parents[2]
KINDS = {
    "web process": b"gunicorn",
    "curation worker": b"curation",
    "learning worker": b"learning",
    "follower of jobs": b"follow_jobs",
}


class Site:
    """``manage.py serve`` with a log file; it starts again whatever is killed below it."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        """Start it and wait until it answers."""
        self.address = f"127.0.0.1:{free_port()}"
        with (folder / "site.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--address", self.address],
                cwd=ROOT,
                env={**environment, "SITE_ADDRESS": self.address},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self._wait()

    def kill_one(self, kind: str, rng: random.Random) -> bool:
        """Kill a process of this kind with -9; say whether there was one."""
        found = [pid for pid in _below(self._process.pid) if KINDS[kind] in _command(pid)]
        if not found:
            return False
        try:
            os.kill(rng.choice(found), signal.SIGKILL)
        except ProcessLookupError:
            return False  # it ended in between
        return True

    def stop(self) -> None:
        """Stop it in order."""
        self._process.terminate()
        self._process.wait()

    def _wait(self) -> None:
        import http.client

        end_s = time.monotonic() + START_S
        while time.monotonic() < end_s and self._process.poll() is None:
            try:
                connection = http.client.HTTPConnection(self.address, timeout=5)
                connection.request("GET", "/health/")
                if connection.getresponse().status == http.client.OK:
                    return
            except OSError:
                pass
            time.sleep(0.3)
        raise NotRunnable(f"The site at {self.address} did not start within {START_S:.0f} s.")


def _below(pid: int) -> list[int]:
    """Return the process ids of all descendants."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    except OSError:
        return []
    children = [int(one) for one in text.split()]
    return children + [deeper for child in children for deeper in _below(child)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
