"""Job kind "train": from a release to a trained model with its metrics.

Inputs: ``release`` and, for a student, ``flags`` (a flag job's result). Settings: ``recipe`` (a
name or the path of a .toml file), ``overrides`` (recipe keys), ``device`` (auto, cpu or cuda),
``features_dir``, ``checkpoint_every_s``; with flags also ``flag_use`` and ``top_percent``
(``ml_worker.training.student``). Result folder::

    model.safetensors  model.json    the trained network and all that is needed to use it
    metrics.json                     validation and evaluation, overall and per class
    curves.jsonl                     one line per epoch
    scores_eval.csv                  fname and one column per class
"""

from __future__ import annotations

import csv
import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ml_worker.contract import write_json_atomically
from ml_worker.devices import choose_device, describe_device
from ml_worker.features.front_end import FrontEnd
from ml_worker.features.patches import Normalisation, PatchSet
from ml_worker.features.releases import default_store, load_features
from ml_worker.job_context import JobContext, JobRefused
from ml_worker.metrics import TaggingMetrics, evaluate
from ml_worker.models.registry import MODELS, build_model, count_parameters
from ml_worker.release import Release, ReleasedClip, SoundClass, Split, read_release
from ml_worker.score import score_clips
from ml_worker.trained_model import TrainedModel, save_model
from ml_worker.training.batches import LabelledPatches
from ml_worker.training.fit import CURVES_FILE, Fitter, curves_text
from ml_worker.training.parallel import joined_group
from ml_worker.training.recipe import Precision, Recipe, load_recipe
from ml_worker.training.student import check_flag_settings, digest_of_flags, read_flags, use_flags

METRICS_FILE, SCORES_FILE = "metrics.json", "scores_eval.csv"


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The three parts of a release as labelled patches, normalised by the training part."""

    train: LabelledPatches
    val: LabelledPatches
    eval: LabelledPatches
    normalisation: Normalisation


def run(context: JobContext) -> dict[str, Any]:
    """Train, evaluate, write the result files and return the summary.

    Of several processes the first does all but its share of the training.
    """
    settings = context.spec.settings
    recipe = _recipe(settings.get("recipe"), settings.get("overrides", {}))
    device = choose_device(str(settings.get("device", "auto")))
    with joined_group(device) as group:
        context.progress.start("reading the release", total=1, unit="releases")
        release = read_release(context.input_folder("release"))
        front_end = FrontEnd(silence_db=recipe.silence_db)
        with group.first_goes_ahead():
            data = load_training_data(context, release, front_end)
        train, flags = _with_flags(context, release, data.train)
        protocol = protocol_id(release, front_end, context.spec.seed)
        torch.manual_seed(context.spec.seed)
        network = build_model(recipe.model, len(release.classes))
        plan = {"protocol": protocol} | dataclasses.asdict(recipe) | flags
        fitter = Fitter(network, recipe, plan, context, device, group)
        fitter.fit(train, data.val)
    if not group.is_first:
        return {}
    metrics = _evaluate(context, fitter, data, release, device)
    model = TrainedModel(fitter.network, recipe, release.classes, front_end, data.normalisation)
    _write_results(context, model, fitter, metrics, protocol)
    where = describe_device(device, Precision(recipe.precision), group.size)
    return _summary(fitter, metrics, protocol, where) | flags


def _with_flags(
    context: JobContext, release: Release, train: LabelledPatches
) -> tuple[LabelledPatches, dict[str, Any]]:
    """Return the training part as a student is to see it, and what to say of it."""
    settings = context.spec.settings
    if "flags" not in context.spec.inputs:
        if given := sorted({"flag_use", "top_percent"} & settings.keys()):
            raise JobRefused(
                f"The job sets {given[0]!r} but names no input 'flags'; name a flag job's result."
            )
        return train, {}
    use, top_percent = check_flag_settings(settings)
    folder = context.input_folder("flags")
    clips = release.clips_of(Split.TRAIN)
    flagged = read_flags(folder, clips, release.classes, top_percent)
    states, masked = use_flags(train.states, flagged, use, context.spec.seed)
    n_used = int(np.sum(masked)) + int(np.sum(states != train.states))
    flags = {"flag_use": use.value, "n_flags_used": n_used, "flags": digest_of_flags(folder)}
    if top_percent is not None:
        flags["flag_top_percent"] = top_percent
    return dataclasses.replace(train, states=states, masked=masked), flags


def _write_results(
    context: JobContext,
    model: TrainedModel,
    fitter: Fitter,
    metrics: dict[Split, TaggingMetrics],
    protocol: str,
) -> None:
    save_model(context.result_dir, model)
    (context.result_dir / CURVES_FILE).write_text(curves_text(fitter.state), encoding="utf-8")
    document = {
        "protocol": protocol,
        "seed": context.spec.seed,
        "val": describe_metrics(metrics[Split.VAL], model.classes),
        "eval": describe_metrics(metrics[Split.EVAL], model.classes),
    }
    write_json_atomically(context.result_dir / METRICS_FILE, document)


def load_training_data(context: JobContext, release: Release, front_end: FrontEnd) -> TrainingData:
    """Make the features of all clips and label their patches.

    Raises
    ------
    JobRefused
        A part has no clips, or no validation clip has a class to measure by.
    """
    parts = {split: release.clips_of(split) for split in Split}
    for split, clips in parts.items():
        if not any(clip.mids for clip in clips):
            raise JobRefused(
                f"The release has no labelled {split} clip; training needs train, val and eval."
            )
    store = default_store(context, front_end)
    frames = iter(load_features(context, store, [c for p in parts.values() for c in p]))
    frames_of = {split: [next(frames) for _ in clips] for split, clips in parts.items()}
    normalisation = Normalisation.of_frames(frames_of[Split.TRAIN])
    labelled = {
        split: LabelledPatches(
            PatchSet(frames_of[split], front_end, normalisation), release.label_states(clips)
        )
        for split, clips in parts.items()
    }
    return TrainingData(
        labelled[Split.TRAIN], labelled[Split.VAL], labelled[Split.EVAL], normalisation
    )


def protocol_id(release: Release, front_end: FrontEnd, seed: int) -> str:
    """Return what a figure must carry to be compared: data, split, front-end, aggregation, seed."""
    data = f"{release.folder.resolve().name}@{release.digest[:12]}"
    return f"{data}/train-val-eval/{front_end.id}/mean-of-patch-sigmoids/seed-{seed}"


def describe_metrics(metrics: TaggingMetrics, classes: Sequence[SoundClass]) -> dict[str, Any]:
    """Return metrics for JSON: what is not defined (NaN, infinite) becomes null."""
    values = {
        name: _finite_or_none(value)
        for name, value in dataclasses.asdict(metrics).items()
        if name != "per_class"
    }
    values["per_class"] = [
        {
            "mid": sound_class.mid,
            "name": sound_class.name,
            "average_precision": _finite_or_none(m.average_precision),
            "roc_auc": _finite_or_none(m.roc_auc),
            "n_positive": m.n_positive,
        }
        for sound_class, m in zip(classes, metrics.per_class, strict=True)
    ]
    return values


def _recipe(name: Any, overrides: Any) -> Recipe:
    if not isinstance(name, str) or not isinstance(overrides, dict):
        raise JobRefused(
            "A train job's settings need 'recipe' (a name) and may have 'overrides' (an object)."
        )
    recipe = load_recipe(name, overrides)
    if recipe.model not in MODELS:
        raise JobRefused(f"Model {recipe.model!r} is not known; choose one of {', '.join(MODELS)}.")
    return recipe


def _evaluate(
    context: JobContext,
    fitter: Fitter,
    data: TrainingData,
    release: Release,
    device: torch.device,
) -> dict[Split, TaggingMetrics]:
    n_patches = len(data.val.patches) + len(data.eval.patches)
    context.progress.start("evaluating", total=n_patches, unit="patches")

    def after_batch(n: int) -> None:
        context.check_stop()
        context.progress.advance(n)

    metrics = {}
    for split, part in ((Split.VAL, data.val), (Split.EVAL, data.eval)):
        precision = Precision(fitter.recipe.precision)
        scores = score_clips(fitter.network, part.patches, device, after_batch, precision)
        metrics[split] = evaluate(part.targets, scores, part.decided)
    clips = release.clips_of(Split.EVAL)
    _write_scores(context.result_dir / SCORES_FILE, clips, release.classes, scores)
    return metrics


def _write_scores(
    path: Path,
    clips: Sequence[ReleasedClip],
    classes: Sequence[SoundClass],
    scores: NDArray[np.float32],
) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["fname", *(c.mid for c in classes)])
        for clip, row in zip(clips, scores, strict=True):
            writer.writerow([clip.fname, *(f"{score:.6g}" for score in row)])


def _summary(
    fitter: Fitter,
    metrics: dict[Split, TaggingMetrics],
    protocol: str,
    device: str,
) -> dict[str, Any]:
    of_eval = metrics[Split.EVAL]
    return {
        "recipe": fitter.recipe.model,
        "eval_map": _finite_or_none(of_eval.map_macro),
        "eval_map_chance": _finite_or_none(of_eval.map_chance),
        "eval_map_micro": _finite_or_none(of_eval.map_micro),
        "eval_d_prime": _finite_or_none(of_eval.d_prime_of_mean_auc),
        "eval_lwlrap": _finite_or_none(of_eval.lwlrap),
        "val_map": _finite_or_none(metrics[Split.VAL].map_macro),
        "n_epochs": fitter.state.epoch,
        "best_epoch": fitter.state.best_epoch,
        "seconds": round(sum(entry["seconds"] for entry in fitter.state.curves), 1),
        "n_parameters": count_parameters(fitter.network),
        "device": device,
        "protocol": protocol,
    }


def _finite_or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
