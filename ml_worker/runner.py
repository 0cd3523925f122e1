"""Run one job folder to one result folder, whatever happens in between.

The result folder is complete or absent: files are made under ``JOB/work/result`` and moved to their
place in one step, ``result.json`` among them. A job whose input is bad, that is cancelled or that
meets an unexpected error also ends with a result, which says so in one sentence. Only a job that
was stopped has none.

The module of a kind is imported when a job of that kind comes, so that a worker that only analyses
audio never loads torch.
"""

from __future__ import annotations

import dataclasses
import errno
import importlib
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ml_worker.contract import (
    ContractError,
    JobKind,
    JobProgress,
    JobResult,
    JobSpec,
    claim_job,
    is_cancel_requested,
    read_job,
    read_result,
    write_result,
)
from ml_worker.file_hash import hash_files
from ml_worker.job_context import JobCancelled, JobContext, JobInterrupted, JobRefused
from ml_worker.log_lines import request_id
from ml_worker.progress import ProgressReporter, heartbeat
from ml_worker.resources import ResourceMeter, code_digest, made_by
from ml_worker.training.ranks import own_rank

MODULE_OF_KIND: Mapping[JobKind, str] = {
    JobKind.ANALYSE: "ml_worker.analysis",
    JobKind.TRAIN: "ml_worker.train",
    JobKind.EVALUATE: "ml_worker.evaluate",
    JobKind.SCORE: "ml_worker.score_release",
    JobKind.EMBED: "ml_worker.embed",
    JobKind.FLAG: "ml_worker.flag",
}
CLAIM_PATIENCE_S = 1.0
"""The site holds the lock for an instant when it asks whether a job is claimed."""

RESERVE_BYTES = 64 * 1024
"""Kept while a job runs and given up for its result, so that a full disk can be told of."""

_RESERVE_FILE = ".reserve"
_FULL = (errno.ENOSPC, errno.EDQUOT)
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
    if not own_rank().is_first:
        return _run_beside_the_first(job_dir, stop or threading.Event())
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
    code_digest()
    result_dir = _empty_folder(job_dir / "work" / "result")
    reporter, cancel = ProgressReporter(), threading.Event()
    context = JobContext(spec, job_dir, job_dir / "work", result_dir, reporter, stop, cancel)

    def beat(progress: JobProgress) -> None:
        if is_cancel_requested(job_dir):
            cancel.set()
        if on_beat is not None:
            on_beat(progress)

    started_at, meter = time.time(), ResourceMeter()
    with ExitStack() as stack:
        stack.enter_context(_log_to(job_dir / "log.txt"))
        stack.enter_context(_room_for_the_end(job_dir / "work"))
        stack.enter_context(heartbeat(job_dir, reporter, beat))
        request_id.set(spec.request_id)
        _log.info("Job %s (%s) starts.", spec.job_id, spec.kind)
        summary, error = _run_kind(context)
        ended = JobResult(
            job_id=spec.job_id,
            kind=spec.kind,
            ok=not error,
            error=error,
            cancelled=bool(error) and cancel.is_set(),
            seed=spec.seed,
            started_at=started_at,
            finished_at=time.time(),
            summary=summary,
            made_by=made_by(),
            used=meter.read(),
        )
        result = _publish(ended, context, out_dir)
        _log.info("Job %s ended: %s", spec.job_id, result.error or "ok")
    return result


def _run_beside_the_first(job_dir: Path, stop: threading.Event) -> JobResult:
    """Take this process's share of a training that torchrun started; write nothing.

    How the job ends is the first process's to say; only an error of this one's own is raised, so
    that torchrun ends the others.
    """
    spec = read_job(job_dir)
    ended = JobResult(spec.job_id, spec.kind, ok=True, seed=spec.seed)
    if spec.kind is JobKind.TRAIN:
        with TemporaryDirectory(prefix="harken-") as scratch, suppress(JobRefused, JobInterrupted):
            context = JobContext(spec, job_dir, job_dir / "work", Path(scratch), stop=stop)
            importlib.import_module(MODULE_OF_KIND[spec.kind]).run(context)
    return ended


def _publish(result: JobResult, context: JobContext, out_dir: Path) -> JobResult:
    """Move the result to its place; one for which the disk has no room says so instead."""
    (context.work_dir / _RESERVE_FILE).unlink(missing_ok=True)
    try:
        return _write_and_move(result, context.result_dir, out_dir)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        refused = dataclasses.replace(
            result, ok=False, summary={}, error=_sentence_of_full_disk(error, context)
        )
        return _write_and_move(refused, context.result_dir, out_dir)


def _write_and_move(result: JobResult, result_dir: Path, out_dir: Path) -> JobResult:
    if not result.ok:
        _empty_folder(result_dir)
    result = dataclasses.replace(result, files=hash_files(result_dir))
    write_result(result_dir, result)
    _move_folder(result_dir, out_dir)
    return result


def _run_kind(context: JobContext) -> tuple[dict[str, Any], str]:
    """Return the summary and the error sentence, one of which is empty."""
    # Read when torch's thread library is loaded: threads that wait must not spin, or two busy
    # processes on two cores take ten times as long instead of twice.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        if context.cancel.is_set():
            return {}, "Cancelled before it began; start it again if it is wanted after all."
        module = importlib.import_module(MODULE_OF_KIND[context.spec.kind])
        return module.run(context), ""
    except JobInterrupted:
        _log.info("Job %s was stopped before its end.", context.spec.job_id)
        raise
    except (JobRefused, JobCancelled) as error:
        return {}, str(error)
    except Exception as error:
        _log.exception("Job %s failed.", context.spec.job_id)
        if isinstance(error, OSError) and error.errno in _FULL:
            return {}, _sentence_of_full_disk(error, context)
        cause = f"{type(error).__name__}: {error}".rstrip(".")
        return {}, f"The worker failed: {cause}; see {context.job_dir / 'log.txt'}."


def _sentence_of_full_disk(error: OSError, context: JobContext) -> str:
    place = error.filename or context.job_dir
    return (
        f"The disk that holds {place} is full; make room and start the job again: "
        "it goes on where it can."
    )


@contextmanager
def _room_for_the_end(work_dir: Path) -> Iterator[None]:
    """Keep a little room on the disk for a result that says how the job ended."""
    reserve = work_dir / _RESERVE_FILE
    with suppress(OSError):
        reserve.write_bytes(os.urandom(RESERVE_BYTES))
    try:
        yield
    finally:
        reserve.unlink(missing_ok=True)


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
        try:
            shutil.copytree(source, _empty_folder(beside), dirs_exist_ok=True)
            beside.rename(target)
        except OSError:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        shutil.rmtree(source)
