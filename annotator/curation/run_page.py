"""One run: how it goes, what it is worth, what it suspected, and what people said of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotator.curation.runs import RunRow, run_rows
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.control import can_go_on, user_can_cancel_job, user_can_retry_job
from datasets_app.jobs.evaluation_result import (
    REPORT_FILE,
    Evaluation,
    MeasuredClip,
    read_evaluation,
)
from datasets_app.jobs.models import Job
from datasets_app.jobs.result_files import MOST_REPORT_BYTES, ResultUnreadable, result_path
from datasets_app.jobs.selectors import training_curves
from datasets_app.reports.flag_yield import FlagYield, flag_yield
from ml_worker.contract import JobKind

FOLLOWERS_SHOWN = 20
FLAG_JOBS_SHOWN = 3
METRICS: dict[str, tuple[str, Promise | str]] = {
    "map_macro": ("mAP", _("mean over classes of average precision")),
    "map_micro": (_("mAP, micro"), _("average precision of all entries together")),
    "d_prime_of_mean_auc": ("d′", _("of the mean ROC AUC; chance 0")),
    "lwlrap": ("lωlrap", _("label-weighted label-ranking average precision")),
    "map_at_3": ("MAP@3", _("of the three highest-scored classes")),
}


@dataclass(frozen=True, slots=True)
class ShownClip:
    """A measured clip with its record, for its player; the record is None if it is gone."""

    measured: MeasuredClip
    clip: Clip | None


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure with its interval, ready to read."""

    name: str | Promise
    meaning: str | Promise
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Measures:
    """An evaluation with what the page needs beside it."""

    job: Job
    evaluation: Evaluation
    figures: list[ShownFigure]
    best: list[ShownClip]
    worst: list[ShownClip]
    has_report: bool


@dataclass(frozen=True, slots=True)
class RunPage:
    """The page from top to bottom."""

    row: RunRow
    curves: list[dict[str, Any]]
    measures: Measures | None
    problem: str
    yields: list[tuple[Job, FlagYield]]
    followers: list[RunRow]

    @property
    def job(self) -> Job:
        """The run itself."""
        return self.row.job

    @property
    def may_cancel(self) -> bool:
        """Say whether there is something to cancel."""
        return user_can_cancel_job(job=self.job)

    @property
    def may_retry(self) -> bool:
        """Say whether it can be tried again."""
        return user_can_retry_job(job=self.job)

    @property
    def may_go_on(self) -> bool:
        """Say whether trying again goes on from what was done."""
        return self.may_retry and can_go_on(job=self.job)

    @property
    def is_trained(self) -> bool:
        """Say whether there is a model to measure and to use."""
        return self.job.kind == JobKind.TRAIN and self.job.state == JobState.FINISHED

    @property
    def is_flagged(self) -> bool:
        """Say whether it is a flag job with its flags."""
        return self.job.kind == JobKind.FLAG and self.job.state == JobState.FINISHED

    @property
    def is_embedded(self) -> bool:
        """Say whether it is an embedding to use."""
        return self.job.kind == JobKind.EMBED and self.job.state == JobState.FINISHED


def get_run(collection: Collection, uuid: Any) -> Job | None:
    """Return a collection's job with what the page shows of its relations."""
    jobs = collection.jobs.select_related(
        "release", "collection", "source__release", "teacher__release", "started_by"
    )
    return jobs.filter(uuid=uuid).first()


def run_page(job: Job) -> RunPage:
    """Gather the page; the number of queries does not grow with the run or the collection."""
    followers = _followers(job)
    measures, problem = _measures(job, followers)
    flag_jobs = [job] if job.kind == JobKind.FLAG else _of_kind(followers, JobKind.FLAG)
    return RunPage(
        row=run_rows([job])[0],
        curves=training_curves(job=job) if job.kind == JobKind.TRAIN else [],
        measures=measures,
        problem=problem,
        yields=[(made, flag_yield(job=made)) for made in flag_jobs[:FLAG_JOBS_SHOWN]],
        followers=run_rows(followers),
    )


def _followers(job: Job) -> list[Job]:
    """Return the jobs that used this one's result, newest first."""
    jobs = Job.objects.select_related("release", "teacher__release", "source__release")
    used = jobs.filter(source=job) | jobs.filter(teacher=job)
    return list(used.order_by("-created_at", "-pk")[:FOLLOWERS_SHOWN])


def _of_kind(jobs: Sequence[Job], kind: JobKind) -> list[Job]:
    return [job for job in jobs if job.kind == kind and job.state == JobState.FINISHED]


def _measures(job: Job, followers: Sequence[Job]) -> tuple[Measures | None, str]:
    """Return the newest evaluation that belongs to the run, or why it cannot be shown."""
    found = [job] if job.kind == JobKind.EVALUATE else _of_kind(followers, JobKind.EVALUATE)
    if not found or found[0].state != JobState.FINISHED:
        return None, ""
    try:
        evaluation = read_evaluation(found[0])
    except ResultUnreadable as error:
        return None, str(error)
    clips = _clips_of(found[0].collection, [*evaluation.best, *evaluation.worst])
    return (
        Measures(
            found[0],
            evaluation,
            shown_figures(evaluation),
            [ShownClip(row, clips.get(row.fname)) for row in evaluation.best],
            [ShownClip(row, clips.get(row.fname)) for row in evaluation.worst],
            has_report(found[0]),
        ),
        "",
    )


def shown_figures(evaluation: Evaluation) -> list[ShownFigure]:
    """Return the overall figures in the words of the page; MAP@3 is defined for one-label sets."""
    return [
        ShownFigure(name, meaning, found.value, found.low, found.high)
        for key, (name, meaning) in METRICS.items()
        for found in (evaluation.overall[key],)
    ]


def has_report(job: Job) -> bool:
    """Say whether the job left a report that can be served."""
    try:
        result_path(job, REPORT_FILE, most_bytes=MOST_REPORT_BYTES)
    except ResultUnreadable:
        return False
    return True


def _clips_of(collection: Collection, rows: Sequence[MeasuredClip]) -> dict[str, Clip]:
    """Return those clips that can be heard, by external id: one query."""
    names = {row.fname for row in rows}
    heard = collection.clips.filter(state=Clip.State.AVAILABLE, sha256__isnull=False)
    return {clip.external_id: clip for clip in heard.filter(external_id__in=names)}
