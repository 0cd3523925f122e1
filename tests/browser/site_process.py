"""A site of its own in a process of its own, which a test can kill and start again.

Run as a script (``python tests/browser/site_process.py FOLDER``) it makes the records that the site
begins with, in the database of its environment.
"""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
N_RECORDINGS = 4
STARTING_S = 30.0


class SiteProcess:
    """``manage.py runserver`` on a free port, over an SQLite database in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "HARKEN_VAR_DIR")
        } | {
            "HARKEN_VAR_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "annotator.settings.dev",
            # Not ``tests``: an installed package of that name would come first.
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "annotator")]),
        }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    def make_records(self) -> None:
        """Make the database, an annotator and the recordings to judge."""
        self._run("manage.py", "migrate", "--verbosity", "0")
        self._run(str(Path(__file__).resolve()), str(self.folder))

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [
            sys.executable,
            "manage.py",
            "runserver",
            "--noreload",
            f"127.0.0.1:{self._port}",
        ]
        with (self.folder / "site.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + STARTING_S
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "site.log").read_text()[-2000:]
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is None:
            return
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def rows(self, query: str) -> list[tuple]:
        """Ask its database, past the site."""
        connection = sqlite3.connect(self.folder / "harken.sqlite3", timeout=10)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/sign-in/", timeout=5) as response:
                return response.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def _run(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self._environment, check=True, timeout=120
        )


def _make_records(folder: Path) -> None:
    import django

    django.setup()
    from world import World

    world = World(folder)
    world.annotator()
    for _ in range(N_RECORDINGS):
        world.nominate(world.sounding_clip())


if __name__ == "__main__":
    _make_records(Path(sys.argv[1]))
