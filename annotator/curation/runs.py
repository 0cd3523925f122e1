"""Jobs as rows: what each does, how far it is, what came of it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_noop as _

from annotator.shown_numbers import shown_count, shown_figure
from datasets_app.clips.models import Collection
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.models import Job
from datasets_app.jobs.selectors import (
    OPEN_STATES,
    job_progress,
    latest_training,
    list_jobs,
    training_curves,
)
from ml_worker.contract import JobKind, JobProgress

WHAT = {
    JobKind.ANALYSE.value: _("Analyse recordings"),
    JobKind.TRAIN.value: _("Train {recipe}"),
    JobKind.EVALUATE.value: _("Measure {recipe}"),
    JobKind.SCORE.value: _("Score with {recipe}"),
    JobKind.EMBED.value: _("Embed by {recipe}"),
    JobKind.FLAG.value: _("Look for missing labels"),
}
WAITING = gettext_lazy("Waiting for a worker")


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure of a finished run, ready to read; ``note`` sets it against chance."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One job of the runs table."""

    job: Job
    progress: JobProgress | None

    @property
    def is_open(self) -> bool:
        """Say whether the job waits or runs."""
        return self.job.state in OPEN_STATES

    @property
    def what(self) -> str:
        """What the job does, in words."""
        return gettext(WHAT[self.job.kind]).format(recipe=self.job.recipe or gettext("a model"))

    @property
    def stage(self) -> str:
        """What it is doing now."""
        if self.progress is None or self.job.state == JobState.QUEUED.value:
            return str(WAITING)
        return f"{gettext(self.progress.stage)} {self.progress.message}".strip()

    @property
    def how_far(self) -> str:
        """Done, total and time left."""
        if self.progress is None or not self.progress.total:
            return ""
        told = gettext("%(done)s of %(total)s %(unit)s") % {
            "done": shown_count(self.progress.done),
            "total": shown_count(self.progress.total),
            "unit": gettext(self.progress.unit) if self.progress.unit else "",
        }
        if self.progress.eta_s is None:
            return told
        left = gettext("%(time)s left") % {"time": describe_duration(self.progress.eta_s)}
        return f"{told}, {left}"

    @property
    def took(self) -> str:
        """How long a job that ended took, by its own count or by the clock."""
        if self.job.finished_at is None:
            return ""
        elapsed_s = (self.job.finished_at - self.job.created_at).total_seconds()
        return describe_duration(_number(self.job.summary, "seconds") or elapsed_s)

    @property
    def rate(self) -> str:
        """How fast it goes."""
        if self.progress is None or not self.progress.rate_per_s:
            return ""
        return f"{shown_figure(self.progress.rate_per_s, 1)} {gettext(self.progress.unit)}/s"

    @property
    def metrics(self) -> list[Metric]:
        """What came of it."""
        return [*_eval_metrics(self.job.summary), *_counts(self.job.summary)]


def describe_duration(seconds: float) -> str:
    """Say a duration in the two units that matter.

    >>> describe_duration(7.4), describe_duration(95), describe_duration(7322)
    ('7 s', '1 min 35 s', '2 h 2 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def run_rows(jobs: list[Job]) -> list[RunRow]:
    """Return the rows of the table; reads one small file per open job."""
    return [
        RunRow(job, job_progress(job=job) if job.state in OPEN_STATES else None) for job in jobs
    ]


def curves_figure(jobs: list[Job]) -> dict[str, Any] | None:
    """Return the curves of the newest training run that has any."""
    from datasets_app.reports.figures import training_curves_figure  # plotly loads slowly

    job = latest_training(jobs)
    return None if job is None else training_curves_figure(training_curves(job=job))


def runs_as_json(collection: Collection) -> dict[str, Any]:
    """Return what the page needs to follow the jobs without being loaded again."""
    jobs = list_jobs(collection=collection)
    rows = run_rows(jobs)
    return {
        "is_open": any(row.is_open for row in rows),
        "runs": [_row_json(row) for row in rows],
        "curves": curves_figure(jobs),
    }


def _row_json(row: RunRow) -> dict[str, Any]:
    return {
        "uuid": str(row.job.uuid),
        "state": row.job.state,
        "stage": row.stage,
        "how_far": row.how_far,
        "done": row.progress.done if row.progress else 0,
        "total": row.progress.total if row.progress else 0,
    }


def _eval_metrics(summary: dict[str, Any]) -> list[Metric]:
    """Return the figures of a training (``eval_map``) or of an evaluation (``map``)."""
    prefix = "eval_" if "eval_map" in summary else ""
    chance = _number(summary, f"{prefix}map_chance")
    note = ""
    if chance is not None:
        note = gettext("chance %(value)s") % {"value": shown_figure(chance, 3)}
    shown = (
        ("mAP", _number(summary, f"{prefix}map"), note),
        ("d′", _number(summary, f"{prefix}d_prime"), gettext("chance 0")),
        ("lωlrap", _number(summary, f"{prefix}lwlrap"), ""),
    )
    return [
        Metric(name, shown_figure(value, 3), why) for name, value, why in shown if value is not None
    ]


def _counts(summary: dict[str, Any]) -> list[Metric]:
    shown = (
        (_("epochs"), "n_epochs"),
        (_("flags"), "n_flags"),
        (_("recordings"), "n_ok"),
        (_("added"), "n_added"),
        (_("refused"), "n_refused"),
        (_("clips scored"), "n_clips_scored"),
    )
    found = [(name, _number(summary, key)) for name, key in shown]
    return [
        Metric(gettext(name), shown_figure(value, 0)) for name, value in found if value is not None
    ]


def _number(summary: dict[str, Any], key: str) -> float | None:
    """Return a figure of the worker's summary, if it is one."""
    value = summary.get(key)
    return float(value) if type(value) in (int, float) else None
