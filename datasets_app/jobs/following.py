"""Keeps the records of jobs up to their folders, whoever started them."""

from datasets_app.domain.job_lifecycle import JobState
from datasets_app.jobs.dispatch import move_job, observe_job
from datasets_app.jobs.ingest import finish_analysis
from datasets_app.jobs.learning import finish_flagging, finish_training
from datasets_app.jobs.models import Job
from django.utils import timezone
from ml_worker.contract import JobKind, JobResult


def follow_open_jobs() -> int:
    """Look once at every job that has not ended; return how many ended now.

    Lost jobs are sent again, finished ones are written to the records.
    """
    open_jobs = Job.objects.filter(state__in=[JobState.QUEUED.value, JobState.RUNNING.value])
    n_ended = 0
    for job in open_jobs.order_by("pk"):
        result = observe_job(job)
        if result is not None:
            finish_job(job, result)
            n_ended += 1
    return n_ended


def finish_job(job: Job, result: JobResult) -> None:
    """Write what a job's result says; harmless to repeat."""
    if not result.ok:
        move_job(job, JobState.FAILED, error=result.error, finished_at=timezone.now())
    elif job.kind == JobKind.ANALYSE:
        finish_analysis(job)
    elif job.kind == JobKind.TRAIN:
        finish_training(job, result)
    else:
        finish_flagging(job, result)
