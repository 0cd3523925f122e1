"""Keeps Harken's own processes running: the site, its workers, the follower of jobs.

A process that ends by itself is started again, so that a crashed worker does not take the site
down; a service manager (see ``deploy/``) does the same job in production.
"""

import os
import signal
import subprocess  # nosec B404
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

from django.conf import settings

from ml_worker.contract import Queue

POLL_S = 0.3
STOP_S = 10.0
RESTART_S = 2.0


def worker_command(queue: Queue) -> list[str]:
    """Return the command line of a worker for ``queue``."""
    return [sys.executable, "-m", "ml_worker", "worker", "--queue", queue.value]


class ProcessGroup:
    """Named child processes that are started, restarted and stopped together."""

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        *,
        say: Callable[[str], None],
        quiet: bool = False,
    ) -> None:
        self._commands = commands
        self._say = say
        self._quiet = quiet
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = False

    def start(self) -> None:
        """Start every process."""
        for name in self._commands:
            self._start_one(name)

    def run_until_stopped(self) -> None:
        """Start all and keep them running until SIGINT or SIGTERM, then stop all."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        self.start()
        try:
            while not self._stopping:
                self.restart_ended()
                time.sleep(POLL_S)
        finally:
            self.stop()

    def restart_ended(self) -> None:
        """Start again whatever ended by itself, after a breath."""
        for name, child in list(self._children.items()):
            if child.poll() is not None and not self._stopping:
                self._say(f"{name} ended with status {child.returncode}; starting it again.")
                time.sleep(RESTART_S)
                self._start_one(name)

    def stop(self) -> None:
        """Ask every process to end, and end those that do not within ten seconds."""
        self._stopping = True
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_S
        for child in self._children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def _start_one(self, name: str) -> None:
        output = subprocess.DEVNULL if self._quiet else None
        self._children[name] = subprocess.Popen(  # nosec B603
            list(self._commands[name]),
            env={**os.environ, **_worker_environment()},
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches this process only, which stops them in order
        )

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True


@contextmanager
def running_workers(*, say: Callable[[str], None]) -> Iterator[None]:
    """Run one worker per queue while the block lasts; their logs go to the var folder."""
    group = ProcessGroup({q.value: worker_command(q) for q in Queue}, say=say, quiet=True)
    group.start()
    try:
        yield
    finally:
        group.stop()


def _worker_environment() -> dict[str, str]:
    """Tell the children of this site where it keeps its things and messages."""
    return {
        "HARKEN_VAR_DIR": str(settings.VAR_DIR),
        "CELERY_BROKER_URL": settings.CELERY["broker_url"],
    }
