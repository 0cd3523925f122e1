"""What a running job is given, and the three ways it may end early."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from ml_worker.contract import JobSpec
from ml_worker.progress import ProgressReporter


class JobRefused(ValueError):
    """The job's input is bad; the message is one sentence for the person who asked for the job."""


class JobInterrupted(RuntimeError):
    """The worker was told to stop; the job has no result and can be run again."""


class JobCancelled(RuntimeError):
    """The site asked for the job's end; the message is one sentence for the job's page."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """Everything a kind of job may touch.

    ``result_dir`` is empty at the start and becomes the result folder at the end; ``work_dir``
    outlives an interrupted run and is the place for checkpoints. ``stop`` is the worker's end,
    ``cancel`` the job's.
    """

    spec: JobSpec
    job_dir: Path
    work_dir: Path
    result_dir: Path
    progress: ProgressReporter = field(default_factory=ProgressReporter)
    stop: threading.Event = field(default_factory=threading.Event)
    cancel: threading.Event = field(default_factory=threading.Event)

    def check_stop(self) -> None:
        """Raise ``JobCancelled`` or ``JobInterrupted`` if job or worker have been told to end."""
        if self.cancel.is_set():
            now = self.progress.snapshot()
            where = f" at {now.done} of {now.total} {now.unit}" if now.total else ""
            raise JobCancelled(f"Cancelled while {now.stage}{where}; start it again to go on.")
        if self.stop.is_set():
            raise JobInterrupted(f"Job {self.spec.job_id} was stopped; run it again to go on.")

    def input_folder(self, name: str) -> Path:
        """Return the folder ``inputs[name]``.

        Raises
        ------
        JobRefused
            The job does not name it, or there is no such folder.
        """
        value = self.spec.inputs.get(name)
        if not value:
            raise JobRefused(
                f"The {self.spec.kind} job names no input '{name}'; add it to 'inputs' in job.json."
            )
        path = Path(value)
        if not path.is_dir():
            raise JobRefused(f"Input '{name}' is {value}, no folder that the worker can see.")
        return path
