"""Run one job folder to one result folder, whatever happens in between.

The result folder is complete or absent: files are made under ``JOB/work/result`` and moved to their
place in one step, ``result.json`` among them. A job whose input is bad, or that meets an unexpected
error, also ends with a result, which says so in one sentence. Only a job that was stopped has none.

The module of a kind is imported when a job of that kind comes, so that a worker that only analyses
audio never loads torch.
"""

from __future__ import annotations

import errno
import importlib
import logging
import os
import platform
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from ml_worker.contract import (
    ContractError,
    JobKind,
    JobProgress,
    JobResult,
    JobSpec,
    claim_job,
    read_job,
    read_result,
    write_result,
)
from ml_worker.file_hash import hash_files
from ml_worker.job_context import JobContext, JobInterrupted, JobRefused
from ml_worker.progress import ProgressReporter, heartbeat

MODULE_OF_KIND: Mapping[JobKind, str] = {
    JobKind.ANALYSE: "ml_worker.analysis",
    JobKind.TRAIN: "ml_worker.train",
    JobKind.FLAG: "ml_worker.flag",
}
CLAIM_PATIENCE_S = 1.0
"""The site holds the lock for an instant when it asks whether a job is claimed."""

_PACKAGES = ("harken", "numpy", "scipy", "soundfile", "pyloudnorm", "torch", "torchaudio")
_log = logging.getLogger(__name__)


def run_job(
    job_dir: Path,
    out_dir: Path,
    *,
    stop: threading.Event | None = None,
    on_beat: Callable[[JobProgress], None] | None = None,
) -> JobResult:
    """Run the job in ``job_dir`` unless ``out_dir`` already holds its result.

    Parameters
    ----------
    job_dir, out_dir
        The job folder and the result folder; the latter is absent, empty or complete.
    stop
        Set by another thread or a signal handler: the job ends soon, without a result, leaving
        what it needs to go on.
    on_beat
        Called about once a second with the present progress, in another thread.

    Raises
    ------
    ContractError
        ``job.json`` cannot be read, or ``out_dir`` holds files that are no result.
    AlreadyClaimed
        Another living process runs the job.
    JobInterrupted
        ``stop`` was set.
    """
    if (result := read_result(out_dir)) is not None:
        return result
    if not job_dir.is_dir():
        raise ContractError(f"{job_dir} is not a folder; name a job folder with a job.json.")
    _check_room_for_result(out_dir)
    with claim_job(job_dir, patience_s=CLAIM_PATIENCE_S):
        if (result := read_result(out_dir)) is not None:
            return result
        spec = read_job(job_dir)
        return _run_claimed(spec, job_dir, out_dir, stop or threading.Event(), on_beat)


def _run_claimed(
    spec: JobSpec,
    job_dir: Path,
    out_dir: Path,
    stop: threading.Event,
    on_beat: Callable[[JobProgress], None] | None,
) -> JobResult:
    result_dir = _empty_folder(job_dir / "work" / "result")
    reporter = ProgressReporter()
    context = JobContext(spec, job_dir, job_dir / "work", result_dir, reporter, stop)
    started_at = time.time()
    with ExitStack() as stack:
        stack.enter_context(_log_to(job_dir / "log.txt"))
        stack.enter_context(heartbeat(job_dir, reporter, on_beat))
        _log.info("Job %s (%s) starts.", spec.job_id, spec.kind)
        summary, error = _run_kind(context)
        if error:
            _empty_folder(result_dir)
        result = JobResult(
            job_id=spec.job_id,
            kind=spec.kind,
            ok=not error,
            error=error,
            started_at=started_at,
            finished_at=time.time(),
            summary=summary,
            files=hash_files(result_dir),
            made_by=_made_by(),
        )
        write_result(result_dir, result)
        _move_folder(result_dir, out_dir)
        _log.info("Job %s ended: %s", spec.job_id, error or "ok")
    return result


def _run_kind(context: JobContext) -> tuple[dict[str, Any], str]:
    """Return the summary and the error sentence, one of which is empty."""
    # Read when torch's thread library is loaded: threads that wait must not spin, or two busy
    # processes on two cores take ten times as long instead of twice.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        module = importlib.import_module(MODULE_OF_KIND[context.spec.kind])
        return module.run(context), ""
    except JobInterrupted:
        _log.info("Job %s was stopped before its end.", context.spec.job_id)
        raise
    except JobRefused as error:
        return {}, str(error)
    except Exception as error:
        _log.exception("Job %s failed.", context.spec.job_id)
        cause = f"{type(error).__name__}: {error}".rstrip(".")
        return {}, f"The worker failed: {cause}; see {context.job_dir / 'log.txt'}."


def _check_room_for_result(out_dir: Path) -> None:
    if out_dir.exists() and (not out_dir.is_dir() or any(out_dir.iterdir())):
        raise ContractError(
            f"{out_dir} exists and holds no result.json; "
            "name a result folder that is absent or empty."
        )


@contextmanager
def _log_to(path: Path) -> Iterator[None]:
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("ml_worker")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()


def _empty_folder(path: Path) -> Path:
    if path.exists():
        shutil.rmtree(path)
    path.mkdir(parents=True)
    return path


def _move_folder(source: Path, target: Path) -> None:
    """Move a folder so that ``target`` appears whole, also from one file system to another."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = target.with_name(f".{target.name}.{os.getpid()}.partial")
        shutil.copytree(source, _empty_folder(beside), dirs_exist_ok=True)
        beside.rename(target)
        shutil.rmtree(source)


def _made_by() -> dict[str, str]:
    """Return the versions of what made the result; packages that were not loaded are left out."""
    versions = {"python": platform.python_version()}
    for name in _PACKAGES:
        if name == "harken" or name in sys.modules:
            try:
                versions[name] = metadata.version(name)
            except metadata.PackageNotFoundError:
                versions[name] = "unknown"
    return versions
