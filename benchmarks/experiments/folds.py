"""ESC-10, fold by fold: the floor, a network from scratch, and frozen embeddings of YAMNet.

Each fold is the evaluation part once; the others are the development part, a few of them for
validation by uploader: the recipe keeps its last epoch, so they are only looked at. ESC-10's folds
share no source recording; uploaders that do have clips on both sides (``shared_uploaders``) are
left out of training, so that every eval uploader is unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.experiments.esc10 import (
    FOLDS,
    Esc10,
    Recording,
    uploader_codes,
)
from benchmarks.experiments.release_folder import ClipToRelease, write_release
from benchmarks.experiments.running import Workplace, accuracy_of
from datasets_app.domain.splits.train_val_split import split_train_val
from ml_worker.contract import JobKind
from ml_worker.embeddings.table import read_embeddings
from ml_worker.release import Split, read_release
from ml_worker.transfer import (
    FLOOR,
    FLOOR_PROVIDER,
    Projection,
    Recipe,
    measure_transfer,
    transfer_data,
)

NETWORK = "vgg_like_short"
VAL_SHARE = 0.05
LINEAR = Recipe("logistic", Projection.STANDARDISE)


def run_folds(esc10: Esc10, place: Workplace, seeds: Sequence[int], yamnet: Path) -> dict[str, Any]:
    """Return accuracy of each method on each fold; the network once for each seed.

    Seeds come outermost, so that an interrupted run has whole rounds of folds.
    """
    releases = {fold: _release(esc10, place, fold) for fold in FOLDS}
    rows: list[dict[str, Any]] = []
    for fold, release in releases.items():
        found = {
            "floor": _transfer(place, fold, release, FLOOR_PROVIDER, {}, FLOOR),
            "yamnet": _transfer(place, fold, release, "yamnet", {"model": str(yamnet)}, LINEAR),
        }
        rows += [{"fold": fold, "method": m, "seed": 0, "accuracy": a} for m, a in found.items()]
    mid_of_clip = {r.name: r.mid for r in esc10.recordings}
    for seed in seeds:
        for fold, release in releases.items():
            run = place.train(f"fold-{fold}-{NETWORK}-{seed}", release, NETWORK, seed=seed)
            accuracy = accuracy_of(run, mid_of_clip)
            rows.append({"fold": fold, "method": NETWORK, "seed": seed, "accuracy": accuracy})
    n_left_out = {fold: len(shared_uploaders(esc10, fold)) for fold in FOLDS}
    return {"rows": rows, "n_left_out": n_left_out}


def shared_uploaders(esc10: Esc10, fold: int) -> list[Recording]:
    """Return the recordings of other folds whose uploader is heard in this fold too."""
    unseen = {r.uploader for r in esc10.of_folds(fold)}
    return [r for r in esc10.recordings if r.fold != fold and r.uploader in unseen]


def _release(esc10: Esc10, place: Workplace, fold: int) -> Path:
    left_out = set(shared_uploaders(esc10, fold))
    dev = [r for r in esc10.recordings if r.fold != fold and r not in left_out]
    is_val = split_train_val(
        esc10.label_matrix(dev), uploader_codes(dev), val_share=VAL_SHARE, seed=0
    )
    clips = [
        ClipToRelease(r.name, Split.VAL if val else Split.TRAIN, (r.mid,), r.path)
        for r, val in zip(dev, is_val.tolist(), strict=True)
    ]
    clips += [ClipToRelease(r.name, Split.EVAL, (r.mid,), r.path) for r in esc10.of_folds(fold)]
    return write_release(place.folder / "releases" / f"fold-{fold}", esc10.classes, clips)


def _transfer(
    place: Workplace,
    fold: int,
    release: Path,
    provider: str,
    provider_settings: dict[str, str],
    recipe: Recipe,
) -> float:
    settings = {"provider": provider, "provider_settings": provider_settings}
    name = f"fold-{fold}-{provider}"
    table = read_embeddings(place.run(name, JobKind.EMBED, {"release": release}, settings))
    return measure_transfer(transfer_data(read_release(release), table), recipe)
