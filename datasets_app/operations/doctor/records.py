"""Looks at the records: counts that must agree, jobs and leases that got stuck."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from datasets_app.domain.jobs.job_lifecycle import ENDED, JobState
from datasets_app.jobs.models import Job
from datasets_app.nominations.class_work import COUNTED, counts_of
from datasets_app.nominations.models import ClassWork, Nomination
from datasets_app.operations.doctor.findings import Finding, failure, warning, well
from datasets_app.votes.pages import Page
from ml_worker.contract import is_claimed

SAMPLE = 50
MOST_JOBS = 200
WAITED = timedelta(hours=6)
LATE = timedelta(days=1)


def class_work(about: str) -> Iterator[Finding]:
    """The counts that the queue shows are those of the nominations, for up to 50 classes."""
    sample = ClassWork.objects.select_related("sound_class").order_by("-n_all", "pk")[:SAMPLE]
    wrong = []
    for work in sample:
        own = Nomination.objects.filter(
            collection=work.collection_id, sound_class=work.sound_class_id
        )
        counts = counts_of(own).get(work.sound_class_id, (0,) * len(COUNTED))
        if counts != tuple(getattr(work, name) for name in COUNTED):
            wrong.append(work.sound_class.name)
    if wrong:
        says = f"The counts of {len(wrong)} classes are not those of their nominations: "
        mend = (
            "They mend themselves when the collection is nominated again: "
            "python manage.py nominate_labels --collection NAME"
        )
        yield warning(about, says + f"{', '.join(wrong[:5])}.", mend)
    elif sample:
        yield well(about, f"The counts of {len(sample)} classes are right.")


def jobs(about: str) -> Iterator[Finding]:
    """No open job is without its folder, nor has waited for hours while nobody works on it."""
    is_open = Job.objects.exclude(state__in=ENDED).order_by("pk")
    lost, stuck = [], []
    silent_since = timezone.now() - WAITED
    for job in is_open[:MOST_JOBS]:
        if not Path(job.job_dir).is_dir():
            lost.append(str(job))
        elif job.created_at < silent_since and not is_claimed(Path(job.job_dir)):
            stuck.append(str(job))
    if lost:
        says = f"The folders of {len(lost)} open jobs are gone: {', '.join(lost[:3])}."
        mend = "Share one HARKEN_VAR_DIR among site and workers; the follower then fails these."
        yield failure(about, says, mend)
    if stuck:
        says = f"{len(stuck)} jobs wait for more than six hours, and nobody works on them: "
        mend = "Look whether a worker and the follower live; cancel_job ends one for good."
        yield warning(about, says + f"{', '.join(stuck[:3])}.", mend)
    n_failed = Job.objects.filter(
        state=JobState.FAILED.value, finished_at__gte=timezone.now() - LATE
    ).count()
    if n_failed:
        says = f"{n_failed} jobs failed in the last day."
        yield warning(about, says, "Their pages say why; retry_job starts one again.")
    if not lost and not stuck and not n_failed:
        yield well(about, "No job is lost, stuck or freshly failed.")


def leases(about: str) -> Iterator[Finding]:
    """Expired leases go back into the queue; many old ones mean that nobody asks any more."""
    n_late = Page.objects.filter(
        closed_at__isnull=True, expires_at__lt=timezone.now() - LATE
    ).count()
    if n_late > MOST_JOBS:
        says = f"{n_late:,} pages of the queue expired more than a day ago and were never closed."
        mend = "They go back when somebody next asks in their class; ask one page of each."
        yield warning(about, says, mend)
    else:
        yield well(about, "Leases go back into the queue.")
