"""Where a collection stands at every stage, and how far its jobs are."""

import json
import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Count, Max, Q, Sum

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.jobs.models import Job
from datasets_app.labels.models import Label
from datasets_app.nominations.models import Nomination
from datasets_app.releases.models import Release
from datasets_app.splits.models import Split
from datasets_app.votes.models import Vote
from ml_worker.contract import ContractError, JobKind, JobProgress, read_progress

RELEASES_SHOWN = 10
JOBS_SHOWN = 12
CURVE_KEYS = ("epoch", "train_loss", "val_map", "lr", "seconds")
MOST_WORD_CHARACTERS = 500
MOST_CURVE_CHARACTERS = 4 * 2**20
OPEN_STATES = (JobState.QUEUED.value, JobState.RUNNING.value)


@dataclass(frozen=True, slots=True)
class CollectionOverview:
    """Counts of every stage, in the order a clip passes them; ``splits`` and on are the latest.

    ``n_voted_undecided`` are nominations that have a vote and that no inference has looked at.
    ``labels_changed_at`` is None before the first label. ``n_by_part`` counts the clips of the
    latest split by part.
    """

    collection: Collection
    n_classes: int
    n_classes_with_rules: int
    n_clips: int
    n_withdrawn: int
    duration_s: float
    n_nominations_by_origin: dict[str, int]
    n_suspected_open: int
    n_votes: int
    n_annotators: int
    voted_at: datetime | None
    n_labels_by_state: dict[str, int]
    n_voted_undecided: int
    labels_changed_at: datetime | None
    n_splits: int
    split: Split | None
    n_by_part: dict[str, int]
    n_releases: int
    releases: list[Release]
    n_jobs_by_state: dict[str, int]
    jobs: list[Job]

    @property
    def n_nominations(self) -> int:
        """Nominations of every origin."""
        return sum(self.n_nominations_by_origin.values())

    @property
    def n_decided(self) -> int:
        """Nominations that are decided."""
        return self.n_labels_by_state.get(DecisionState.DECIDED.value, 0)

    @property
    def n_conflicted(self) -> int:
        """Nominations whose answers clash."""
        return self.n_labels_by_state.get(DecisionState.CONFLICTED.value, 0)

    @property
    def n_open_jobs(self) -> int:
        """Jobs that wait or run."""
        return sum(self.n_jobs_by_state.get(state, 0) for state in OPEN_STATES)

    @property
    def n_failed_jobs(self) -> int:
        """Jobs that ended with an error."""
        return self.n_jobs_by_state.get(JobState.FAILED.value, 0)


def collection_overview(*, collection: Collection) -> CollectionOverview:
    """Count every stage of a collection, in a fixed number of queries whatever its size."""
    return CollectionOverview(
        collection=collection,
        **_ontology_counts(collection),
        **_clip_counts(collection),
        **_nomination_counts(collection),
        **_vote_counts(collection),
        **_label_counts(collection),
        **_latest_split(collection),
        n_releases=collection.releases.count(),
        releases=_latest_releases(collection),
        n_jobs_by_state=_count_by("state", Job.objects.filter(collection=collection)),
        jobs=list_jobs(collection=collection),
    )


def list_jobs(*, collection: Collection) -> list[Job]:
    """Return the collection's latest jobs, newest first, with their releases."""
    jobs = collection.jobs.select_related("release", "teacher__release")
    return list(jobs.order_by("-created_at", "-pk")[:JOBS_SHOWN])


def latest_training(jobs: list[Job]) -> Job | None:
    """Return the newest training run that has a curve to show, of jobs listed newest first."""
    trainings = (job for job in jobs if job.kind == JobKind.TRAIN.value)
    return next((job for job in trainings if training_curves(job=job)), None)


def job_progress(*, job: Job) -> JobProgress | None:
    """Return how far an open job is; None before it was taken, or when its file cannot be read."""
    try:
        progress = read_progress(Path(job.job_dir))
    except (ContractError, TypeError, RecursionError):
        return None
    return progress if progress is not None and _is_sound(progress) else None


def _is_sound(progress: JobProgress) -> bool:
    """Say whether the worker's file holds numbers and short words where it should."""
    counts = (progress.done, progress.total)
    times = [t for t in (progress.rate_per_s, progress.eta_s) if t is not None]
    words = (progress.stage, progress.unit, progress.message)
    return (
        all(type(n) is int and n >= 0 for n in counts)
        and all(type(t) in (int, float) and 0 <= t < math.inf for t in times)
        and all(isinstance(w, str) and len(w) <= MOST_WORD_CHARACTERS for w in words)
    )


def training_curves(*, job: Job) -> list[dict[str, Any]]:
    """Return one row per epoch: from the result, or from the job folder while it runs.

    A line that is only half written, or lacks one of ``CURVE_KEYS``, is left out.
    """
    for folder in (job.out_dir, job.job_dir):
        try:
            with (Path(folder) / "curves.jsonl").open(encoding="utf-8") as handle:
                lines = handle.read(MOST_CURVE_CHARACTERS).splitlines()
        except (OSError, ValueError):
            continue
        return [row for row in map(_read_row, lines) if row is not None]
    return []


def _read_row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    values = [row.get(key) for key in CURVE_KEYS]
    is_whole = all(type(value) in (int, float) and math.isfinite(value) for value in values)
    return row if is_whole else None


def _count_by(field: str, rows: Any) -> dict[str, int]:
    return dict(rows.order_by().values(field).annotate(n=Count("pk")).values_list(field, "n"))


def _ontology_counts(collection: Collection) -> dict[str, Any]:
    has_rules = ~Q(keywords=[])
    return collection.ontology.classes.aggregate(
        n_classes=Count("pk"), n_classes_with_rules=Count("pk", filter=has_rules)
    )


def _clip_counts(collection: Collection) -> dict[str, Any]:
    is_available = Q(state=Clip.State.AVAILABLE)
    counts = collection.clips.aggregate(
        n_clips=Count("pk", filter=is_available),
        n_withdrawn=Count("pk", filter=~is_available),
        duration_s=Sum("duration_s", filter=is_available),
    )
    return counts | {"duration_s": counts["duration_s"] or 0.0}


def _nomination_counts(collection: Collection) -> dict[str, Any]:
    nominations = Nomination.objects.filter(clip__collection=collection)
    suspected = nominations.filter(origin=Nomination.Origin.MODEL)
    return {
        "n_nominations_by_origin": _count_by("origin", nominations),
        "n_suspected_open": suspected.filter(n_wanted__gt=0).count(),
    }


def _vote_counts(collection: Collection) -> dict[str, Any]:
    votes = Vote.objects.filter(nomination__clip__collection=collection)
    return votes.aggregate(
        n_votes=Count("pk"),
        n_annotators=Count("annotator", distinct=True),
        voted_at=Max("cast_at"),
    )


def _label_counts(collection: Collection) -> dict[str, Any]:
    labels = Label.objects.filter(nomination__clip__collection=collection)
    voted = Nomination.objects.filter(clip__collection=collection, votes__isnull=False)
    return {
        "n_labels_by_state": _count_by("state", labels),
        "n_voted_undecided": voted.filter(label__isnull=True).distinct().count(),
        **labels.aggregate(labels_changed_at=Max("decided_at")),
    }


def _latest_split(collection: Collection) -> dict[str, Any]:
    split = collection.splits.order_by("-created_at", "-pk").first()
    return {
        "n_splits": collection.splits.count(),
        "split": split,
        "n_by_part": _count_by("part", split.assignments) if split else {},
    }


def _latest_releases(collection: Collection) -> list[Release]:
    releases = collection.releases.select_related("parent", "split")
    return list(releases.order_by("-created_at", "-pk")[:RELEASES_SHOWN])
