"""A PostgreSQL and a Redis of the run's own, which may be killed and started again."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg2
import redis

START_S = 120.0


class NotRunnable(RuntimeError):
    """Something that the run needs is not on this machine; the message says what."""


def free_port() -> int:
    """Return a port of loopback that nobody listens on at this moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class OwnPostgres:
    """A cluster in a folder; run by the user postgres where this process is root."""

    def __init__(self, folder: Path) -> None:
        """Make the cluster and start it."""
        self._folder, self._port = folder, free_port()
        self._user = "postgres" if os.geteuid() == 0 else None
        self._bin = _postgres_programs()
        folder.mkdir()
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "--auth=trust", "--username=postgres", "--pgdata", str(folder / "data"))
        self.start()

    @property
    def url(self) -> str:
        """The address of its database."""
        return f"postgres://postgres@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -k {self._folder}"
        self._control("start", "--wait", "--log", str(self._folder / "log"), "--options", options)

    def break_and_start(self) -> None:
        """End it as a crash does, with every connection, and start it again."""
        self._control("stop", "--mode=immediate")
        self.start()

    def stop(self) -> None:
        """Stop it in order."""
        self._control("stop", "--mode=fast")

    def wait(self) -> None:
        """Wait until it takes connections."""
        _wait_for(lambda: psycopg2.connect(self.url).close(), "PostgreSQL")

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "--pgdata", str(self._folder / "data"), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._bin / program), *arguments],
            user=self._user,
            cwd=self._folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


class OwnRedis:
    """A Redis that writes each message down before it says that it has it."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        if shutil.which("redis-server") is None:
            raise NotRunnable("redis-server is not installed; on Debian: apt install redis-server.")
        folder.mkdir()
        self._folder, self._port = folder, free_port()
        self._process = self._started()

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self._port}/0"

    def break_and_start(self) -> None:
        """Kill it and start it again."""
        self._process.kill()
        self._process.wait()
        self._process = self._started()

    def stop(self) -> None:
        """Stop it in order."""
        self._process.terminate()
        self._process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        settings = ("--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._folder))
        kept = ("--appendonly", "yes", "--appendfsync", "always")
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                ["redis-server", *settings, *kept], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        _wait_for(lambda: redis.Redis.from_url(self.url).ping(), "Redis")
        return process


def _postgres_programs() -> Path:
    found: Sequence[Path] = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise NotRunnable(
            "PostgreSQL's initdb is not installed; on Debian: apt install postgresql."
        )
    return (found[-1] if found else Path(str(on_path))).parent


def _wait_for(ask, name: str) -> None:
    end_s = time.monotonic() + START_S
    while True:
        try:
            ask()
            return
        except (OSError, psycopg2.Error, redis.RedisError) as error:
            if time.monotonic() > end_s:
                raise NotRunnable(f"{name} did not answer within {START_S:.0f} s.") from error
            time.sleep(0.1)
