"""Any runs of one release and protocol side by side, and whether their differences hold.

Differences are of paired replicates: all runs are measured on the same resampled clips, so what the
clips have in common cancels out. A difference whose interval leaves out 0 is unlikely to come from
the choice of clips; the choice of the training's seed is another matter, which only more runs tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.evaluation.bootstrap import Replicates, draw_counts, estimate, replicate_metrics
from ml_worker.evaluation.measure import OVERALL, Document, MeasureSettings, without_undefined
from ml_worker.evaluation.scored_split import ScoredSplit
from ml_worker.evaluation.stored_run import RunFacts
from ml_worker.job_context import JobRefused
from ml_worker.metrics import TaggingMetrics, evaluate

COSTS = {
    "device": "device",
    "n_parameters": "parameters",
    "n_epochs": "epochs trained",
    "best_epoch": "best epoch",
    "seconds": "seconds of training",
}
"""What a train job's summary says of its cost, and how it is called here."""
STUDENT = {
    "flag_use": "use of suspected labels",
    "flag_top_percent": "top per cent suspected",
    "flags": "sha256 of the suspicions",
}
"""What it says of a student's training, which belongs to the recipe in all but its place."""


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """A run as it takes part; ``label`` is unique among those compared."""

    label: str
    scored: ScoredSplit
    facts: RunFacts


def compare_runs(runs: Sequence[ComparedRun], settings: MeasureSettings) -> Document:
    """Return the runs' figures, and the differences of each from the first.

    Raises
    ------
    JobRefused
        There are fewer than two runs, or two differ in release or protocol (seeds may differ).
    """
    check_comparable(runs)
    counts = draw_counts(len(runs[0].scored.fnames), settings.n_replicates, settings.seed)
    measured = [_measure(run.scored, counts) for run in runs]
    document = {
        "protocol": runs[0].scored.protocol.without_seed,
        "n_clips": len(runs[0].scored.fnames),
        "n_replicates": settings.n_replicates,
        "seed": settings.seed,
        "runs": [
            {
                "label": run.label,
                "protocol": run.scored.protocol.id,
                "overall": _overall(*measured[number]),
                "difference": _difference(measured[number], measured[0]) if number else None,
            }
            for number, run in enumerate(runs)
        ],
        "per_class": _per_class(runs, measured),
        "recipes": recipe_differences(runs),
        "seeds": _spread_over_seeds(runs, [metrics for metrics, _ in measured]),
    }
    return without_undefined(document)


def check_comparable(runs: Sequence[ComparedRun]) -> None:
    """Refuse runs that were not measured alike.

    Raises
    ------
    JobRefused
        The sentence names both protocols.
    """
    if len(runs) < 2:
        raise JobRefused("A comparison needs two runs or more; name another.")
    first = runs[0].scored
    for run in runs[1:]:
        ours, theirs = first.protocol.without_seed, run.scored.protocol.without_seed
        if first.protocol.comparable != run.scored.protocol.comparable:
            is_same_data = first.protocol.data_sha256 == run.scored.protocol.data_sha256
            what = "protocol" if is_same_data else "release"
            raise JobRefused(
                f"{runs[0].label} and {run.label} are not of one {what}: {ours} and {theirs}; "
                "compare runs that were evaluated alike."
            )
        is_same = first.fnames == run.scored.fnames and first.mids == run.scored.mids
        if not is_same or not np.array_equal(first.states, run.scored.states):
            raise JobRefused(
                f"{runs[0].label} and {run.label} name one protocol, {ours}, but hold other clips, "
                "classes or labels; evaluate both again."
            )


def distinct_labels(facts: Sequence[RunFacts], places: Sequence[str]) -> list[str]:
    """Return a short name of each run: its model, with seed and then place where these agree.

    ``places`` are the runs' folders as they were given.
    """
    labels = [str(f.recipe.get("model") or f.name) for f in facts]
    with_seed = [f"{label}, seed {f.seed}" for label, f in zip(labels, facts, strict=True)]
    labels = [s if labels.count(n) > 1 else n for n, s in zip(labels, with_seed, strict=True)]
    return [
        f"{label} ({place})" if labels.count(label) > 1 else label
        for label, place in zip(labels, places, strict=True)
    ]


def recipe_differences(runs: Sequence[ComparedRun]) -> list[Document]:
    """Return what differs in recipe, seed, device and versions: name, and the value of each run."""
    described = [_described(run.facts) for run in runs]
    names = dict.fromkeys(name for one in described for name in one)
    rows = [{"name": n, "values": [one.get(n, "") for one in described]} for n in names]
    return [row for row in rows if len(set(row["values"])) > 1]


def _described(facts: RunFacts) -> dict[str, str]:
    found = {name: str(value) for name, value in facts.recipe.items()}
    found["seed"] = str(facts.seed)
    for name, words in (STUDENT | COSTS).items():
        if name in facts.summary:
            found[words] = str(facts.summary[name])
    return found | {f"version of {name}": value for name, value in facts.made_by.items()}


def _measure(scored: ScoredSplit, counts: NDArray[np.float32]) -> tuple[TaggingMetrics, Replicates]:
    targets, scores, decided = scored.targets, scored.scores, scored.decided
    return evaluate(targets, scores, decided), replicate_metrics(targets, scores, decided, counts)


def _spread_over_seeds(
    runs: Sequence[ComparedRun], metrics: Sequence[TaggingMetrics]
) -> list[Document]:
    """Return mean and standard deviation (n - 1) over runs that differ by nothing but their seed.

    A group needs two runs or more, each of another seed.
    """
    groups: dict[str, list[int]] = {}
    for number, run in enumerate(runs):
        taught = {name: run.facts.summary.get(name) for name in STUDENT}
        alike = repr(sorted((run.facts.recipe | taught).items(), key=lambda item: item[0]))
        groups.setdefault(alike, []).append(number)
    found = []
    for members in groups.values():
        seeds = [runs[n].facts.seed for n in members]
        if len(members) < 2 or len(set(seeds)) < len(seeds):
            continue
        columns = {name: [getattr(metrics[n], name) for n in members] for name in OVERALL}
        found.append(
            {
                "labels": [runs[n].label for n in members],
                "figures": {
                    name: {"mean": float(np.mean(v)), "std": float(np.std(v, ddof=1))}
                    for name, v in columns.items()
                    if np.isfinite(v).all()
                },
            }
        )
    return found


def _overall(metrics: TaggingMetrics, replicates: Replicates) -> Document:
    return {
        name: asdict(estimate(getattr(metrics, name), getattr(replicates, name)))
        for name in OVERALL
    }


def _difference(
    this: tuple[TaggingMetrics, Replicates], first: tuple[TaggingMetrics, Replicates]
) -> Document:
    found: dict[str, Any] = {}
    for name in OVERALL:
        with np.errstate(invalid="ignore"):  # infinite less infinite
            replicates = getattr(this[1], name) - getattr(first[1], name)
        value = getattr(this[0], name) - getattr(first[0], name)
        finite = replicates[np.isfinite(replicates)]
        better = float(np.mean((finite > 0) + 0.5 * (finite == 0))) if len(finite) else None
        found[name] = asdict(estimate(value, replicates)) | {"share_better": better}
    return found


def _per_class(
    runs: Sequence[ComparedRun], measured: Sequence[tuple[TaggingMetrics, Replicates]]
) -> list[Document]:
    """Return each class's AP in every run, and its paired difference from the first run."""
    rows = []
    for column, sound_class in enumerate(runs[0].scored.classes):
        of_class = [m.per_class[column] for m, _ in measured]
        if not of_class[0].n_positive:
            continue
        values = [c.average_precision for c in of_class]
        paired = [r.average_precision[column] for _, r in measured]
        rows.append(
            {
                "mid": sound_class.mid,
                "name": sound_class.name,
                "n_positive": of_class[0].n_positive,
                "values": values,
                "differences": [
                    asdict(estimate(v - values[0], p - paired[0]))
                    for v, p in zip(values[1:], paired[1:], strict=True)
                ],
            }
        )
    return rows
