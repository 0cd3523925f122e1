"""Hands jobs to the workers and notices how they end.

A job's folder is the truth about its work; the record follows it. The site sends a message again
when a job's worker is lost, and a worker drops a message for a job that another one holds or that
is done, so that each job ends exactly once (``ml_worker.contract.claim_job``).
"""

import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import OperationalError

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.clips.similarity import NotSimilar
from datasets_app.domain.errors import RuleError
from datasets_app.domain.jobs.job_lifecycle import ENDED, JobState, check_job_can_move
from datasets_app.domain.jobs.result_summary import checked_sentence, checked_summary
from datasets_app.jobs.models import Job
from datasets_app.jobs.result_files import ResultUnreadable
from datasets_app.people.models import User
from datasets_app.releases.models import Release
from ml_worker.contract import (
    QUEUE_OF_KIND,
    RUN_JOB_TASK,
    AlreadyClaimed,
    ContractError,
    JobKind,
    JobProgress,
    JobResult,
    JobSpec,
    claim_job,
    is_claimed,
    read_progress,
    read_result,
    write_job,
)
from ml_worker.log_lines import request_id

POLL_S = 0.5
UNTAKEN_S = 20.0
MOST_DOUBLINGS = 6
MOST_RESULT_BYTES = 64 * 2**20
"""Of result.json, which names every file of a result: half a million of them."""
OnProgress = Callable[[JobProgress | None], None]
_ENDS = {JobState.FINISHED: "finish_job", JobState.FAILED: "fail_job"}
"""What the audit trail calls the ends that nobody asked for; ``cancel_job`` is a person's."""


class JobFailed(RuntimeError):
    """The worker gave up on the job, or somebody cancelled it; the message is its sentence."""


class BrokerSilent(ConnectionError):
    """The broker does not answer; ``job`` stays queued and is sent again by whoever follows it."""

    def __init__(self, job: Job) -> None:
        super().__init__(
            "The broker between site and workers does not answer; start it, or give its address "
            "in CELERY_BROKER_URL. The job stays queued."
        )
        self.job = job


def create_job(
    *,
    kind: JobKind,
    collection: Collection,
    inputs: Mapping[str, str],
    release: Release | None = None,
    teacher: Job | None = None,
    source: Job | None = None,
    started_by: User | None = None,
    recipe: str = "",
    job_settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    prepare: Callable[[Path], None] = lambda job_dir: None,
) -> Job:
    """Write a job folder and its record; ``prepare`` may add files before ``job.json``."""
    job = Job(
        kind=kind.value,
        collection=collection,
        release=release,
        teacher=teacher,
        source=source,
        started_by=started_by,
        asked=dict(job_settings or {}),
        recipe=recipe,
        seed=seed,
    )
    folder = Path(settings.JOBS_DIR) / str(job.uuid)
    job.job_dir, job.out_dir = str(folder / "job"), str(folder / "result")
    Path(job.job_dir).mkdir(parents=True)
    prepare(Path(job.job_dir))
    asked = dict(job_settings or {})
    spec = JobSpec(str(job.uuid), kind, dict(inputs), asked, seed, request_id.get())
    write_job(Path(job.job_dir), spec)
    job.save()
    return job


def send_job(job: Job) -> None:
    """Send the job's address to the queue of its kind.

    Raises
    ------
    BrokerSilent
        The broker does not answer.
    """
    queue = QUEUE_OF_KIND[JobKind(job.kind)].value
    Job.objects.filter(pk=job.pk).update(n_sent=F("n_sent") + 1, sent_at=timezone.now())
    job.refresh_from_db()
    try:
        current_app.send_task(RUN_JOB_TASK, args=[job.job_dir, job.out_dir], queue=queue)
    except OperationalError as error:
        raise BrokerSilent(job) from error


def move_job(job: Job, to: JobState, **changes: Any) -> bool:
    """Move a job to a state and write ``changes`` with it; False when it is past moving.

    Two processes may follow one job: only the first to arrive moves it.
    """
    with transaction.atomic():
        held = Job.objects.select_for_update().get(pk=job.pk)
        try:
            check_job_can_move(JobState(held.state), to)
        except ValueError:
            moved = False
        else:
            Job.objects.filter(pk=job.pk).update(state=to.value, **changes)
            if to in _ENDS:
                after = {"kind": job.kind, "state": to.value}
                record_event(actor=None, verb=_ENDS[to], record=job, after=after)
            moved = True
    job.refresh_from_db()
    return moved


def observe_job(job: Job) -> JobResult | None:
    """Bring the record up to what the job's folder shows; return the result once there is one.

    A job that was taken and whose worker is gone is sent again.
    """
    if not Path(job.job_dir).is_dir():
        end_job(job, JobState.FAILED, error=f"The job's folder {job.job_dir} is gone.")
        return None
    try:
        result = _read_own_result(job)
        progress = read_progress(Path(job.job_dir))
    except ContractError as error:
        end_job(job, JobState.FAILED, error=str(error))
        return None
    if result is not None or job.state in ENDED:
        return result
    claimed = is_claimed(Path(job.job_dir))
    if claimed and progress is not None and job.state == JobState.QUEUED:
        move_job(job, JobState.RUNNING)
    elif not claimed and _is_lost(job, progress):
        if job.state == JobState.RUNNING:
            move_job(job, JobState.QUEUED)
        with suppress(BrokerSilent):  # tried again once the job's patience is over
            send_job(job)
    return None


def _read_own_result(job: Job) -> JobResult | None:
    """Return the job's result; one that is another job's, or too large to read, is refused."""
    path = Path(job.out_dir) / "result.json"
    if path.is_file() and path.stat().st_size > MOST_RESULT_BYTES:
        raise ContractError(
            f"{path} has {path.stat().st_size:,} bytes; a result has at most {MOST_RESULT_BYTES:,}."
        )
    try:
        result = read_result(Path(job.out_dir))
    except RecursionError as error:
        raise ContractError(f"{path} is nested too deeply to be read.") from error
    if result is not None and (result.job_id != str(job.uuid) or result.kind != job.kind):
        raise ContractError(
            f"{path} is the result of {result.kind!s} job {str(result.job_id)[:64]!r}; it must "
            "be this job's own. Start the job again."
        )
    return result


def _is_lost(job: Job, progress: JobProgress | None) -> bool:
    """Say whether the job should be sent again: its worker died, or its message did.

    A queued job waits its turn behind a running one of its queue; only when that queue is idle
    can its message be missing. It is sent again ever more rarely, so that messages do not pile up
    where no worker runs.
    """
    silence_s = settings.WORKER_SILENCE_S
    since_sent_s = time.time() - job.sent_at.timestamp() if job.sent_at else math.inf
    if job.state == JobState.RUNNING:
        since_beat_s = time.time() - progress.at if progress else math.inf
        return min(since_sent_s, since_beat_s) > silence_s
    if since_sent_s <= silence_s * 2 ** min(max(job.n_sent - 1, 0), MOST_DOUBLINGS):
        return False
    kinds = [k.value for k, q in QUEUE_OF_KIND.items() if q == QUEUE_OF_KIND[JobKind(job.kind)]]
    running = Job.objects.filter(state=JobState.RUNNING.value, kind__in=kinds)
    return not running.exclude(pk=job.pk).exists()


def wait_for_job(
    job: Job,
    *,
    finish: Callable[[Job, JobResult], None],
    on_progress: OnProgress = lambda progress: None,
    on_untaken: Callable[[], None] = lambda: None,
) -> None:
    """Follow a job to its end and have ``finish`` write its result, once.

    ``on_untaken`` is called once when no worker has taken the job for a while.

    Raises
    ------
    JobFailed
        The job ended with an error.
    """
    asked_at = time.monotonic()
    warned = False
    while job.state not in ENDED:
        result = observe_job(job)
        if result is not None:
            finish_job_once(job, result, finish)
            continue
        progress = read_progress(Path(job.job_dir))
        on_progress(progress)
        if not warned and progress is None and time.monotonic() - asked_at > UNTAKEN_S:
            warned = True
            on_untaken()
        time.sleep(POLL_S)
    if job.state == JobState.FAILED:
        raise JobFailed(job.error)
    if job.state == JobState.CANCELLED:
        raise JobFailed(f"Job {job.uuid} was cancelled; it can be tried again.")


def finish_job_once(job: Job, result: JobResult, finish: Callable[[Job, JobResult], None]) -> None:
    """Write what a job's result says, unless another process does so at this moment.

    The job's own lock, which its worker has let go, keeps two followers from finishing it twice.
    """
    try:
        with claim_job(Path(job.job_dir)):
            job.refresh_from_db()
            if job.state in ENDED:
                return
            if result.ok is not True:
                state = JobState.CANCELLED if result.cancelled is True else JobState.FAILED
                sentence = "" if state is JobState.CANCELLED else checked_sentence(result.error)
                end_job(job, state, error=sentence)
                return
            try:
                finish(job, replace(result, summary=checked_summary(result.summary)))
            except (LookupError, TypeError, ValueError, OSError) as error:
                sentence = f"The worker's result cannot be taken in: {_told(error)}"
                end_job(job, JobState.FAILED, error=checked_sentence(sentence))
    except AlreadyClaimed:
        job.refresh_from_db()


def _told(error: Exception) -> str:
    """Say an error: our own sentences as they are, others with the name of their class."""
    return (
        str(error) if isinstance(error, RuleError | ResultUnreadable | NotSimilar) else repr(error)
    )


def end_job(job: Job, state: JobState, **changes: Any) -> None:
    """Move a job to its end, finished or failed."""
    move_job(job, state, finished_at=timezone.now(), **changes)
