"""Keeps the records of jobs up to their folders, whoever started them."""

from collections.abc import Callable, Iterator, Mapping

from datasets_app.jobs.dispatch import ENDED, finish_job_once, observe_job
from datasets_app.jobs.ingest import finish_analysis
from datasets_app.jobs.learning import finish_flagging, finish_training
from datasets_app.jobs.models import Job
from ml_worker.contract import JobKind, JobResult

FINISHERS: Mapping[str, Callable[[Job, JobResult], None]] = {
    JobKind.ANALYSE.value: finish_analysis,
    JobKind.TRAIN.value: finish_training,
    JobKind.FLAG.value: finish_flagging,
}


def follow_open_jobs() -> Iterator[Job]:
    """Look once at every job that has not ended; yield those that ended now.

    Lost jobs are sent again, finished ones are written to the records.
    """
    for job in Job.objects.exclude(state__in=ENDED).order_by("pk"):
        result = observe_job(job)
        if result is not None:
            finish_job_once(job, result, FINISHERS[job.kind])
        if job.state in ENDED:
            yield job
