"""How far a job is: counted by the job, written by a heartbeat thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ml_worker.contract import JobProgress, write_progress

HEARTBEAT_S = 1.0
"""Time between two writings of ``progress.json``; the site may count on 2 s."""

_log = logging.getLogger(__name__)


class ProgressReporter:
    """A thread-safe count within the present stage, with its rate and the time left."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without a stage; ``clock`` gives seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._stage, self._unit, self._message = "starting", "steps", ""
        self._done, self._done_before, self._total = 0, 0, 0
        self._began_s = clock()

    def start(self, stage: str, *, total: int, unit: str, done: int = 0) -> None:
        """Begin a stage of ``total`` units, ``done`` of which an earlier run has finished."""
        with self._lock:
            self._stage, self._unit, self._message = stage, unit, ""
            self._done = self._done_before = done
            self._total = total
            self._began_s = self._clock()

    def advance(self, n: int = 1, *, message: str | None = None) -> None:
        """Count ``n`` more units and, if given, replace the message."""
        with self._lock:
            self._done += n
            if message is not None:
                self._message = message

    def say(self, message: str) -> None:
        """Replace the message shown beside the count."""
        with self._lock:
            self._message = message

    def snapshot(self) -> JobProgress:
        """Return the present state; rate and time left are None before anything was done."""
        with self._lock:
            elapsed_s = self._clock() - self._began_s
            fresh = self._done - self._done_before
            rate = fresh / elapsed_s if fresh > 0 and elapsed_s > 0 else None
            left = max(0, self._total - self._done)
            return JobProgress(
                stage=self._stage,
                done=self._done,
                total=self._total,
                unit=self._unit,
                rate_per_s=None if rate is None else round(rate, 3),
                eta_s=None if rate is None else round(left / rate, 1),
                message=self._message,
                at=time.time(),
            )


@contextmanager
def heartbeat(
    job_dir: Path,
    reporter: ProgressReporter,
    on_beat: Callable[[JobProgress], None] | None = None,
    every_s: float = HEARTBEAT_S,
) -> Iterator[None]:
    """Write ``JOB/progress.json`` every ``every_s`` seconds, and once at each end.

    A beat that cannot be written (a full disk) is left out rather than ending the job.
    """
    finished = threading.Event()

    def beat() -> None:
        progress = reporter.snapshot()
        with suppress(OSError):
            write_progress(job_dir, progress)
        if on_beat is not None:
            on_beat(progress)

    def run() -> None:
        while not finished.wait(every_s):
            beat()

    beat()
    thread = threading.Thread(target=run, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()
        beat()
