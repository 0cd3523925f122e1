"""Keeps the records of jobs up to their folders, whoever started them."""

from collections.abc import Callable, Iterator, Mapping

from datasets_app.domain.jobs.job_lifecycle import ENDED
from datasets_app.jobs.dispatch import finish_job_once, observe_job
from datasets_app.jobs.ingest import finish_analysis
from datasets_app.jobs.learning import (
    finish_embedding,
    finish_flagging,
    finish_plain,
    finish_scoring,
)
from datasets_app.jobs.models import Job
from ml_worker.contract import JobKind, JobResult

FINISHERS: Mapping[str, Callable[[Job, JobResult], None]] = {
    JobKind.ANALYSE.value: finish_analysis,
    JobKind.TRAIN.value: finish_plain,
    JobKind.EVALUATE.value: finish_plain,
    JobKind.SCORE.value: finish_scoring,
    JobKind.EMBED.value: finish_embedding,
    JobKind.FLAG.value: finish_flagging,
}


def follow_job(job: Job) -> None:
    """Look once at one job, as ``follow_open_jobs`` does at all."""
    if job.state in ENDED:
        return
    result = observe_job(job)
    if result is not None:
        finish_job_once(job, result, FINISHERS[job.kind])


def follow_open_jobs() -> Iterator[Job]:
    """Look once at every job that has not ended; yield those that ended now.

    Lost jobs are sent again, finished ones are written to the records.
    """
    for job in Job.objects.exclude(state__in=ENDED).order_by("pk"):
        follow_job(job)
        if job.state in ENDED:
            yield job
