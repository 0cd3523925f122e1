"""Job kind "evaluate": what a trained run is worth on one split of a release, and where it fails.

Inputs: ``release``, ``run`` (a train job's result folder; its classes must be the release's).
Settings: ``split`` (train, val or eval; default eval), ``n_replicates`` of the bootstrap (default
1000), ``n_bins`` of the reliability curve (default 15), ``n_best`` clips at each end (default 8),
``device``, ``features_dir``. The job's seed is the bootstrap's. Result folder::

    metrics.json       every figure with its interval and protocol: overall, per_class, siblings,
                       levels, clips, and ``run``: how the run was made
    calibration.json   reliability curve, ECE and Brier score
    per_class.csv      one row per class
    clips.csv          one row per clip, in the order of the arrays
    scores.npy         float32 (n_clips, n_classes)
    labels.npy         int8, the same shape: ``ml_worker.release.LabelState``
    curves.jsonl       of the run, if it has any
    report.html        all of it on one page

With its scores and labels the result is complete in itself, so that any two can be compared.
"""

from __future__ import annotations

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ml_worker.contract import write_json_atomically
from ml_worker.evaluation.class_graph import read_class_graph
from ml_worker.evaluation.clip_scores import score_of_clips
from ml_worker.evaluation.measure import (
    Document,
    MeasureSettings,
    measure,
    without_undefined,
)
from ml_worker.evaluation.protocol import is_trained_on, protocol_of
from ml_worker.evaluation.scored_split import ScoredSplit
from ml_worker.evaluation.stored_run import (
    CALIBRATION_FILE,
    CLIPS_FILE,
    CURVES_FILE,
    METRICS_FILE,
    SCORES_FILE,
    STATES_FILE,
    RunFacts,
    read_run_facts,
)
from ml_worker.job_context import JobContext, JobRefused
from ml_worker.release import Release, Split, read_release
from ml_worker.reports.run_report import write_report
from ml_worker.score import check_same_classes, score_with_model
from ml_worker.trained_model import load_model

PER_CLASS_FILE, REPORT_FILE = "per_class.csv", "report.html"
RANGES = {"n_replicates": (100, 20_000), "n_bins": (2, 100), "n_best": (0, 50)}
"""Least and most of each setting, both allowed."""


def run(context: JobContext) -> dict[str, Any]:
    """Score the split, measure, write the result files and return the summary."""
    split, settings = _settings(context)
    context.progress.start("reading the release", total=1, unit="releases")
    release = read_release(context.input_folder("release"))
    facts = read_run_facts(context.input_folder("run"))
    scored = _score(context, release, facts, split)
    context.progress.start("measuring", total=len(release.classes), unit="classes")

    def after_class() -> None:
        context.check_stop()
        context.progress.advance()

    graph = read_class_graph(release.folder)
    document, calibration = measure(scored, graph, settings, after_class)
    document["run"] = {k: v for k, v in asdict(facts).items() if k != "curves"}
    document["is_trained_on_release"] = is_trained_on(facts.trained_on, release)
    _write(context, scored, document, calibration)
    context.progress.start("writing the report", total=1, unit="reports")
    write_report(context.result_dir / REPORT_FILE, release, document, calibration, facts)
    return _summary(document, calibration, facts)


def _settings(context: JobContext) -> tuple[Split, MeasureSettings]:
    given = context.spec.settings
    word = given.get("split", Split.EVAL.value)
    if word not in list(Split):
        raise JobRefused(f"split is {word!r}; allowed are {', '.join(Split)}.")
    numbers = {}
    for name, (least, most) in RANGES.items():
        value = given.get(name, getattr(MeasureSettings(), name))
        if type(value) is not int or not least <= value <= most:
            raise JobRefused(
                f"{name} is {value!r}; it must be a whole number from {least} to {most}."
            )
        numbers[name] = value
    return Split(word), MeasureSettings(seed=context.spec.seed, **numbers)


def _score(context: JobContext, release: Release, facts: RunFacts, split: Split) -> ScoredSplit:
    model = load_model(context.input_folder("run"))
    check_same_classes(release, model)
    clips = release.clips_of(split)
    if not any(clip.mids for clip in clips):
        raise JobRefused(f"The release has no labelled {split} clip; name another split.")
    scores = score_with_model(context, model, clips)
    protocol = protocol_of(release, split, model.front_end.id, facts.seed)
    fnames = tuple(clip.fname for clip in clips)
    return ScoredSplit(protocol, release.classes, fnames, release.label_states(clips), scores)


def _write(
    context: JobContext, scored: ScoredSplit, document: Document, calibration: Document
) -> None:
    folder = context.result_dir
    write_json_atomically(folder / METRICS_FILE, document)
    write_json_atomically(folder / CALIBRATION_FILE, calibration)
    np.save(folder / SCORES_FILE, scored.scores.astype(np.float32), allow_pickle=False)
    np.save(folder / STATES_FILE, scored.states, allow_pickle=False)
    _write_clips(folder / CLIPS_FILE, scored)
    _write_per_class(folder / PER_CLASS_FILE, document)
    curves = context.input_folder("run") / CURVES_FILE
    if curves.is_file():
        (folder / CURVES_FILE).write_bytes(curves.read_bytes())


def _write_clips(path: Path, scored: ScoredSplit) -> None:
    found = score_of_clips(scored.targets, scored.scores, scored.decided)
    n_labels = scored.targets.sum(axis=1)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["fname", "n_labels", "ranking", "cross_entropy", "protocol"])
        rows = zip(scored.fnames, n_labels, found.ranking, found.cross_entropy, strict=True)
        for fname, n, ranking, loss in rows:
            place = f"{ranking:.6g}" if n else ""
            writer.writerow([fname, n, place, f"{loss:.6g}", scored.protocol.id])


def _write_per_class(path: Path, document: Document) -> None:
    masses = {row["mid"]: row["mass"] for row in document["siblings"] or ()}
    columns = ["mid", "name", "n_positive", "n_negative", "average_precision"]
    columns += ["average_precision_low", "average_precision_high", "roc_auc", "d_prime", "ece"]
    columns += ["brier", "sibling_mass", "depth", "is_leaf", "protocol"]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        for row in document["per_class"]:
            precision = row["average_precision"]
            flat = {
                "average_precision": precision["value"],
                "average_precision_low": precision["low"],
                "average_precision_high": precision["high"],
                "roc_auc": row["roc_auc"]["value"],
                "sibling_mass": masses.get(row["mid"]),
            }
            writer.writerow({**row, **flat})


def _summary(document: Document, calibration: Document, facts: RunFacts) -> dict[str, Any]:
    overall = document["overall"]
    figures = {
        "map": overall["map_macro"],
        "map_micro": overall["map_micro"],
        "d_prime": overall["d_prime_of_mean_auc"],
        "lwlrap": overall["lwlrap"],
        "map_at_3": overall["map_at_3"],
        "ece": calibration["ece"],
        "brier": calibration["brier"],
    }
    return without_undefined(
        {
            "recipe": facts.recipe.get("model"),
            "split": document["protocol"]["split"],
            "n_clips": document["n_clips"],
            **{name: figure["value"] for name, figure in figures.items()},
            "map_low": overall["map_macro"]["low"],
            "map_high": overall["map_macro"]["high"],
            "map_chance": document["chance"]["map_macro"]["value"],
            "protocol": document["protocol"]["id"],
        }
    )
