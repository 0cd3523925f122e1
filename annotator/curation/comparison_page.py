"""Runs of one release side by side, by the figures of their evaluations.

Each interval is that of its own run. Whether the *difference* of two runs is more than chance needs
intervals over the same redrawn clips: ``python -m ml_worker compare`` makes them from the same
result folders, and the page gives the command.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from annotator.curation.run_page import ShownFigure, shown_figures
from datasets_app.clips.models import Collection
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs.evaluation_result import Estimate, Evaluation, read_evaluation
from datasets_app.jobs.models import Job
from datasets_app.jobs.result_files import ResultUnreadable
from datasets_app.releases.models import Release
from ml_worker.contract import JobKind

MOST_RUNS = 12
MOST_CLASSES = 500
OFFERED = 40


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One evaluation: its place, letter, run, and figures."""

    letter: str
    job: Job
    evaluation: Evaluation
    figures: list[ShownFigure]

    @property
    def name(self) -> str:
        """What the run is called beside the others."""
        run = self.job.source
        used = run.asked.get("flag_use", "") if run is not None else ""
        seed = _(" seed %(seed)s") % {"seed": run.seed} if run is not None else ""
        return f"{self.letter} {self.job.recipe}{f' {used}' if used else ''}{seed}"


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class in all runs; ``best`` is the largest figure, None where there is none."""

    mid: str
    name: str
    n_positive: int
    found: list[float | None]

    @property
    def best(self) -> float | None:
        """The largest of the figures."""
        return max((value for value in self.found if value is not None), default=None)


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """The comparison, and what else could be in it."""

    collection: Collection
    release: Release | None
    runs: list[ComparedRun]
    problems: list[str]
    metrics: list[tuple[ShownFigure, list[ShownFigure]]]
    classes: list[ClassRow]
    offered: list[Job]
    chosen: frozenset[UUID]
    n_classes: int = 0

    @property
    def is_comparable(self) -> bool:
        """Say whether the runs were measured by one protocol; seeds may differ."""
        return len({run.evaluation.comparable for run in self.runs}) <= 1

    @property
    def splits(self) -> list[str]:
        """The splits that were measured."""
        return sorted({run.evaluation.split for run in self.runs})

    @property
    def command(self) -> str:
        """The worker's command for paired intervals."""
        folders = [shlex.quote(run.job.out_dir) for run in self.runs]
        return " ".join(["python -m ml_worker compare", *folders, "comparison.html"])

    def named_maps(self) -> list[tuple[str, Estimate]]:
        """Return each run's name and mAP, for the figure."""
        return [(run.name, run.evaluation.overall["map_macro"]) for run in self.runs]


def comparison_page(collection: Collection, asked: Sequence[str]) -> ComparisonPage:
    """Compare the evaluations of the runs asked for (runs or evaluations, by uuid).

    All are of the release of the first; others are left out, each with a sentence. The number of
    queries does not grow with the runs.
    """
    chosen = _uuids(asked)
    evaluations = collection.jobs.filter(
        kind=JobKind.EVALUATE.value, state=JobState.FINISHED.value
    ).select_related("release", "source__release", "collection")
    found = list(
        (
            evaluations.filter(uuid__in=chosen) | evaluations.filter(source__uuid__in=chosen)
        ).order_by("-pk")
    )
    jobs = _one_each(found, chosen)
    release = jobs[0].release if jobs else None
    offered = evaluations if release is None else evaluations.filter(release=release)
    runs, problems = _read(jobs, release)
    return ComparisonPage(
        collection=collection,
        release=release,
        runs=runs,
        problems=problems,
        metrics=_metrics(runs),
        classes=_classes(runs)[:MOST_CLASSES],
        offered=list(offered.order_by("-pk")[:OFFERED]),
        chosen=frozenset(job.uuid for job in jobs),
        n_classes=len(_classes(runs)),
    )


def _uuids(asked: Sequence[str]) -> list[UUID]:
    found: list[UUID] = []
    for text in asked[: 4 * MOST_RUNS]:
        try:
            uuid = UUID(text)
        except ValueError:
            continue
        if uuid not in found:
            found.append(uuid)
    return found[:MOST_RUNS]


def _one_each(jobs: Sequence[Job], chosen: Sequence[UUID]) -> list[Job]:
    """Return the newest evaluation of each run asked for, in the order asked."""
    of: dict[Any, Job] = {}
    for job in jobs:
        of.setdefault(job.uuid, job)
        if job.source is not None:
            of.setdefault(job.source.uuid, job)
    ordered: list[Job] = []
    for uuid in chosen:
        if uuid in of and of[uuid] not in ordered:
            ordered.append(of[uuid])
    return ordered


def _read(jobs: Sequence[Job], release: Release | None) -> tuple[list[ComparedRun], list[str]]:
    runs: list[ComparedRun] = []
    problems: list[str] = []
    for job in jobs:
        if job.release_id != (release.pk if release else None):
            version = job.release.version if job.release else "–"
            told = _("%(recipe)s was measured on release %(version)s; it is left out.")
            problems.append(told % {"recipe": job.recipe, "version": version})
            continue
        try:
            evaluation = read_evaluation(job)
        except ResultUnreadable as error:
            problems.append(str(error))
        else:
            letter = "ABCDEFGHIJKL"[len(runs)]
            runs.append(ComparedRun(letter, job, evaluation, shown_figures(evaluation)))
    return runs, problems


def _metrics(runs: Sequence[ComparedRun]) -> list[tuple[ShownFigure, list[ShownFigure]]]:
    return [(row[0], list(row)) for row in zip(*(run.figures for run in runs), strict=True)]


def _classes(runs: Sequence[ComparedRun]) -> list[ClassRow]:
    """Return the classes of the first run with each run's average precision."""
    if not runs:
        return []
    tables = [{row.mid: row for row in run.evaluation.classes} for run in runs]
    rows = [
        ClassRow(
            row.mid,
            row.name,
            row.n_positive,
            [t[row.mid].average_precision.value if row.mid in t else None for t in tables],
        )
        for row in runs[0].evaluation.classes
    ]
    return sorted(rows, key=lambda row: (-row.n_positive, row.name))
