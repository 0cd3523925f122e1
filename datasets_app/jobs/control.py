"""Stops jobs and starts them again: cancel, try again, go on."""

from pathlib import Path

from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.domain.jobs.job_lifecycle import ENDED, JobState
from datasets_app.jobs.dispatch import end_job, move_job, send_job
from datasets_app.jobs.models import Job
from datasets_app.people.models import User
from ml_worker.contract import (
    AlreadyClaimed,
    ContractError,
    claim_job,
    clear_for_retry,
    request_cancel,
)


def user_can_cancel_job(*, job: Job) -> bool:
    """Say whether there is still something to cancel."""
    return job.state not in ENDED


def user_can_retry_job(*, job: Job) -> bool:
    """Say whether a job may be tried again: it failed or was cancelled."""
    return job.state in (JobState.FAILED, JobState.CANCELLED)


def can_go_on(*, job: Job) -> bool:
    """Say whether a retry would go on from what the worker had done, rather than begin anew."""
    work = Path(job.job_dir) / "work"
    try:
        return any(p.name not in ("result", ".reserve") for p in work.iterdir())
    except OSError:
        return False


def cancel_job(*, job: Job, actor: User | None) -> None:
    """Ask for the end of a job; one that no worker has begun is cancelled at once.

    A worker that runs it ends it within seconds; the record then follows the result as ever. What
    the worker had done stays, so that ``retry_job`` can go on.

    Raises
    ------
    ValueError
        The job has ended already.
    """
    if not user_can_cancel_job(job=job):
        raise ValueError(
            f"This job is {job.state}; only a waiting or running job can be cancelled."
        )
    job_dir = Path(job.job_dir)
    request_cancel(job_dir)
    record_event(actor=actor, verb="cancel_job", record=job)
    try:
        with claim_job(job_dir, patience_s=0.0):
            end_job(job, JobState.CANCELLED)
    except AlreadyClaimed:
        return


def retry_job(*, job: Job, actor: User | None, from_start: bool = False) -> None:
    """Send a failed or cancelled job again; it goes on where it can, else from the start.

    Raises
    ------
    ValueError
        The job has not failed and was not cancelled, its folder is gone, or a worker still ends it.
    BrokerSilent
        The broker does not answer; the job is queued and is sent by whoever follows it.
    """
    if not user_can_retry_job(job=job):
        raise ValueError(
            f"This job is {job.state}; only one that failed or was cancelled runs again."
        )
    job_dir, out_dir = Path(job.job_dir), Path(job.out_dir)
    if not (job_dir / "job.json").is_file():
        raise ValueError("The folder of this job is gone; start a new one instead.")
    try:
        _clear(job_dir, out_dir, from_start)
    except AlreadyClaimed as error:
        raise ValueError("A worker is still ending this job; try again in a moment.") from error
    before = {"state": job.state, "error": job.error}
    with transaction.atomic():
        is_ours = move_job(job, JobState.QUEUED, error="", summary={}, finished_at=None, n_sent=0)
        if is_ours:
            after = {"state": job.state, "from_start": from_start}
            record_event(actor=actor, verb="retry_job", record=job, before=before, after=after)
    if is_ours:
        send_job(job)


def _clear(job_dir: Path, out_dir: Path, from_start: bool) -> None:
    """Make the folders ready; a result that nobody could take in goes like one that says why not.

    The contract keeps good results. But if the record says failed although the worker says ok, its
    result could not be read or taken in, and only a new one helps.
    """
    try:
        clear_for_retry(job_dir, out_dir, from_start=from_start)
    except ContractError:
        with claim_job(job_dir):
            (out_dir / "result.json").unlink(missing_ok=True)
            if out_dir.is_dir():
                out_dir.rename(job_dir / _free_name(job_dir))
        clear_for_retry(job_dir, out_dir, from_start=from_start)


def _free_name(job_dir: Path) -> str:
    n = 1
    while (job_dir / f"refused-{n}").exists():
        n += 1
    return f"refused-{n}"
