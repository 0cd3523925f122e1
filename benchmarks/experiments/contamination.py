"""Validation contamination: how much better than it is does a model look on each validation set?

LEARNING.md, "Validation contamination". One model is selected on a validation set drawn at random,
by iterative stratification, and by the rule that keeps uploaders on one side; the evaluation fold
has uploaders of its own. Reported: contamination within and between classes, and validation mAP
minus evaluation mAP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit
from numpy.typing import NDArray

from benchmarks.experiments.esc10 import VAL_SHARE, Esc10, Recording, uploader_codes
from benchmarks.experiments.release_folder import ClipToRelease, write_release
from benchmarks.experiments.running import Workplace, metrics_of
from datasets_app.domain.splits.contamination import measure_contamination
from datasets_app.domain.splits.train_val_split import split_train_val
from ml_worker.release import Split

DEV_FOLDS, EVAL_FOLD = (1, 2, 3), 4
RECIPE = "small_cnn"
BoolArray = NDArray[np.bool_]


def run_contamination(esc10: Esc10, place: Workplace, seeds: Sequence[int]) -> dict[str, Any]:
    """Return a row for each strategy and seed."""
    rows = []
    for name, divide in STRATEGIES.items():
        for seed in seeds:
            dev = esc10.of_folds(*DEV_FOLDS)
            labels, uploaders = esc10.label_matrix(dev), uploader_codes(dev)
            is_val = divide(labels, uploaders, seed)
            release = _release(esc10, place, f"contamination-{name}-{seed}", dev, is_val)
            run = place.train(f"contamination-{name}-{seed}", release, RECIPE, seed=seed)
            metrics = metrics_of(run)
            measured = measure_contamination(labels, uploaders, is_val)
            rows.append(
                {
                    "strategy": name,
                    "seed": seed,
                    "within_class": measured.within_class,
                    "between_class": measured.between_class,
                    "val_map": metrics["val"]["map_macro"],
                    "eval_map": metrics["eval"]["map_macro"],
                }
            )
    return {"rows": rows}


def _at_random(labels: BoolArray, uploaders: NDArray[np.int64], seed: int) -> BoolArray:
    order = np.random.default_rng(seed).permutation(len(labels))
    is_val = np.zeros(len(labels), dtype=bool)
    is_val[order[: round(VAL_SHARE * len(labels))]] = True
    return is_val


def _stratified(labels: BoolArray, uploaders: NDArray[np.int64], seed: int) -> BoolArray:
    division = MultilabelStratifiedShuffleSplit(1, test_size=VAL_SHARE, random_state=seed)
    _, val = next(division.split(labels, labels))
    is_val = np.zeros(len(labels), dtype=bool)
    is_val[val] = True
    return is_val


def _by_uploader(labels: BoolArray, uploaders: NDArray[np.int64], seed: int) -> BoolArray:
    return split_train_val(labels, uploaders, val_share=VAL_SHARE, seed=seed)


STRATEGIES: dict[str, Callable[[BoolArray, NDArray[np.int64], int], BoolArray]] = {
    "random": _at_random,
    "stratified": _stratified,
    "by uploader": _by_uploader,
}


def _release(
    esc10: Esc10, place: Workplace, name: str, dev: Sequence[Recording], is_val: BoolArray
):
    clips = [
        ClipToRelease(r.name, Split.VAL if val else Split.TRAIN, (r.mid,), r.path)
        for r, val in zip(dev, is_val.tolist(), strict=True)
    ]
    clips += [
        ClipToRelease(r.name, Split.EVAL, (r.mid,), r.path) for r in esc10.of_folds(EVAL_FOLD)
    ]
    folder = place.folder / "releases" / name.replace(" ", "-")
    return write_release(folder, esc10.classes, clips)
