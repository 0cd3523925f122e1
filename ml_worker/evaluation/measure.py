"""Every figure of one run on one split, as the documents that are stored and shown.

What is not defined (a class without a positive, an infinite d') is null. Each figure names its
protocol, so that it can be quoted alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ml_worker.evaluation.bootstrap import (
    LEVEL,
    METHOD,
    Estimate,
    Replicates,
    draw_counts,
    estimate,
    replicate_metrics,
)
from ml_worker.evaluation.calibration import N_BINS, class_calibration, measure_calibration
from ml_worker.evaluation.class_graph import ClassGraph
from ml_worker.evaluation.clip_scores import best_and_worst, score_of_clips, top_classes
from ml_worker.evaluation.levels import levels
from ml_worker.evaluation.scored_split import ScoredSplit
from ml_worker.evaluation.siblings import sibling_confusion
from ml_worker.evaluation.stored_run import FORMAT
from ml_worker.metrics import TaggingMetrics, bounded_d_prime, evaluate
from ml_worker.release import SoundClass

Document = dict[str, Any]
OVERALL = (
    "map_macro",
    "map_micro",
    "d_prime_of_mean_auc",
    "mean_d_prime",
    "lwlrap",
    "map_at_3",
)
"""The metrics that are given for all classes together, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """How intervals, bins and lists of clips are made; the seed is the bootstrap's."""

    n_replicates: int = 1000
    seed: int = 0
    n_bins: int = N_BINS
    n_best: int = 8


def measure(
    scored: ScoredSplit,
    graph: ClassGraph | None,
    settings: MeasureSettings,
    after_class: Callable[[], None] | None = None,
) -> tuple[Document, Document]:
    """Return metrics.json and calibration.json; see docs of ``ml_worker.evaluate``.

    ``graph`` None leaves siblings and levels out (null). ``after_class`` is called once a class.
    """
    targets, scores, decided = scored.targets, scored.scores, scored.decided
    counts = draw_counts(len(scored.fnames), settings.n_replicates, settings.seed)
    metrics = evaluate(targets, scores, decided)
    replicates = replicate_metrics(targets, scores, decided, counts, after_class)
    document = {
        "format": FORMAT,
        "protocol": scored.protocol.as_json(),
        "bootstrap": _bootstrap(settings),
        "n_clips": metrics.n_clips,
        "n_classes": len(scored.classes),
        "n_classes_left_out": metrics.n_classes_left_out,
        "overall": _overall(metrics, replicates),
        "chance": {"map_macro": {"value": metrics.map_chance}},
        "per_class": _per_class(scored, graph, metrics, replicates, settings.n_bins),
        "siblings": None if graph is None else _siblings(scored, graph),
        "levels": None if graph is None else _levels(scored, graph, metrics, replicates),
        "clips": _clips(scored, settings.n_best),
    }
    _name_protocol(document, scored.protocol.id)
    calibration = measure_calibration(targets, scores, decided, counts, settings.n_bins)
    calibration_document = {
        "protocol": scored.protocol.id,
        "bootstrap": _bootstrap(settings),
        **asdict(calibration),
    }
    return without_undefined(document), without_undefined(calibration_document)


def without_undefined(value: Any) -> Any:
    """Return ``value`` with every NaN and infinity replaced by None, as JSON needs it."""
    if isinstance(value, Mapping):
        return {name: without_undefined(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_undefined(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value


def _bootstrap(settings: MeasureSettings) -> Document:
    return {
        "method": METHOD,
        "level": LEVEL,
        "unit": "clip",
        "n_replicates": settings.n_replicates,
        "seed": settings.seed,
    }


def _overall(metrics: TaggingMetrics, replicates: Replicates) -> Document:
    return {
        name: asdict(estimate(getattr(metrics, name), getattr(replicates, name)))
        for name in OVERALL
    }


def _per_class(
    scored: ScoredSplit,
    graph: ClassGraph | None,
    metrics: TaggingMetrics,
    replicates: Replicates,
    n_bins: int,
) -> list[Document]:
    ece, brier = class_calibration(scored.targets, scored.scores, scored.decided, n_bins)
    depths = graph.depths(scored.mids) if graph else [None] * len(scored.classes)
    leaves = graph.leaves(scored.mids) if graph else [None] * len(scored.classes)
    rows = []
    for column, (sound_class, of_class) in enumerate(
        zip(scored.classes, metrics.per_class, strict=True)
    ):
        pairs = of_class.n_positive * of_class.n_negative
        rows.append(
            {
                **_named(sound_class),
                "n_positive": of_class.n_positive,
                "n_negative": of_class.n_negative,
                "average_precision": _with_interval(
                    of_class.average_precision, replicates.average_precision[column]
                ),
                "roc_auc": _with_interval(of_class.roc_auc, replicates.roc_auc[column]),
                "d_prime": float(
                    bounded_d_prime(of_class.roc_auc, of_class.n_positive, of_class.n_negative)
                )
                if pairs
                else None,
                "ece": ece[column],
                "brier": brier[column],
                "depth": depths[column],
                "is_leaf": leaves[column],
            }
        )
    return rows


def _with_interval(value: float, replicates: np.ndarray) -> Document:
    return asdict(
        estimate(value, replicates)
        if math.isfinite(value)
        else Estimate(value, math.nan, math.nan, 0)
    )


def _siblings(scored: ScoredSplit, graph: ClassGraph) -> list[Document]:
    found = sibling_confusion(
        scored.targets, scored.scores, scored.decided, graph.siblings(scored.mids)
    )
    return [
        {
            **_named(scored.classes[row.column]),
            "mass": row.mass,
            "n_clips": row.n_clips,
            "rate_of_siblings": row.rate_of_siblings,
            "rate_of_others": row.rate_of_others,
            "siblings": [
                {**_named(scored.classes[p.other]), "rate": p.rate, "n_clips": p.n_clips}
                for p in row.siblings
            ],
        }
        for row in found
    ]


def _levels(
    scored: ScoredSplit, graph: ClassGraph, metrics: TaggingMetrics, replicates: Replicates
) -> list[Document]:
    found = levels(
        np.array([c.average_precision for c in metrics.per_class]),
        replicates.average_precision,
        np.array([c.n_positive for c in metrics.per_class]),
        graph.depths(scored.mids),
        graph.leaves(scored.mids),
    )
    return [asdict(level) for level in found]


def _clips(scored: ScoredSplit, n_best: int) -> Document:
    of_clips = score_of_clips(scored.targets, scored.scores, scored.decided)
    best, worst = best_and_worst(of_clips, scored.fnames, n_best)

    def describe(row: int) -> Document:
        return {
            "fname": scored.fnames[row],
            "ranking": of_clips.ranking[row],
            "cross_entropy": of_clips.cross_entropy[row],
            "labels": _scores_of(scored, row, np.nonzero(scored.targets[row])[0].tolist()),
            "top": _scores_of(scored, row, top_classes(scored.scores, scored.decided, row)),
        }

    return {"best": [describe(r) for r in best], "worst": [describe(r) for r in worst]}


def _scores_of(scored: ScoredSplit, row: int, columns: Sequence[int]) -> list[Document]:
    decided, scores = scored.decided[row], scored.scores[row]
    return [
        {
            **_named(scored.classes[c]),
            "score": float(scores[c]),
            "rank": int(np.sum(scores[decided] >= scores[c])),
            "is_label": bool(scored.targets[row, c]),
        }
        for c in columns
    ]


def _named(sound_class: SoundClass) -> Document:
    return {"mid": sound_class.mid, "name": sound_class.name}


def _name_protocol(document: Document, protocol: str) -> None:
    """Put the protocol beside every figure."""
    rows = [*document["overall"].values(), *document["chance"].values(), *document["per_class"]]
    rows += [*(document["siblings"] or ()), *(document["levels"] or ())]
    rows += [*document["clips"]["best"], *document["clips"]["worst"]]
    for row in rows:
        row["protocol"] = protocol
