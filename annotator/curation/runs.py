"""Jobs as rows: what each does, how far it is, what came of it."""

from dataclasses import dataclass
from typing import Any

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
    JobKind.ANALYSE.value: "Analyse recordings",
    JobKind.TRAIN.value: "Train {recipe}",
    JobKind.FLAG.value: "Look for missing labels",
}
WAITING = "Waiting for a worker"


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
        return WHAT[self.job.kind].format(recipe=self.job.recipe or "a model")

    @property
    def stage(self) -> str:
        """What it is doing now."""
        if self.progress is None or self.job.state == JobState.QUEUED.value:
            return WAITING
        return f"{self.progress.stage} {self.progress.message}".strip()

    @property
    def how_far(self) -> str:
        """Done, total and time left."""
        if self.progress is None or not self.progress.total:
            return ""
        told = f"{self.progress.done} of {self.progress.total} {self.progress.unit}"
        eta_s = self.progress.eta_s
        return told if eta_s is None else f"{told}, {describe_duration(eta_s)} left"

    @property
    def took(self) -> str:
        """How long a job that ended took, by its own count or by the clock."""
        if self.job.finished_at is None:
            return ""
        elapsed = self.job.finished_at - self.job.created_at
        return describe_duration(self.job.summary.get("seconds", elapsed.total_seconds()))

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
    chance = summary.get("eval_map_chance")
    note = "" if chance is None else f"chance {chance:.3f}"
    shown = (
        ("mAP", summary.get("eval_map"), note),
        ("d′", summary.get("eval_d_prime"), "chance 0"),
        ("lωlrap", summary.get("eval_lwlrap"), ""),
    )
    return [Metric(name, f"{value:.3f}", why) for name, value, why in shown if value is not None]


def _counts(summary: dict[str, Any]) -> list[Metric]:
    shown = (
        ("epochs", summary.get("n_epochs")),
        ("flags", summary.get("n_flags")),
        ("recordings", summary.get("n_ok")),
        ("added", summary.get("n_added")),
        ("refused", summary.get("n_refused")),
    )
    return [Metric(name, f"{value:,}") for name, value in shown if value is not None]
