"""Job kind "score": what a trained run hears in every clip of a release.

Inputs: ``release``, ``run`` (a train job's result folder). Settings: ``splits`` (some of train, val
and eval; default all), ``device``, ``features_dir``. Result folder::

    scores.csv     fname,split and one column per class, in the order of the release
    scores.npy     the same scores, float32 (n_clips, n_classes)
    scores.json    fnames, splits and mids
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.contract import write_json_atomically
from ml_worker.job_context import JobContext, JobRefused
from ml_worker.release import Release, ReleasedClip, Split, read_release
from ml_worker.score import check_same_classes, score_with_model
from ml_worker.trained_model import load_model

TABLE_FILE, ARRAY_FILE, NAMES_FILE = "scores.csv", "scores.npy", "scores.json"


def run(context: JobContext) -> dict[str, Any]:
    """Score the clips, write the files and return the summary."""
    splits = _splits(context.spec.settings.get("splits", list(Split)))
    context.progress.start("reading the release", total=1, unit="releases")
    release = read_release(context.input_folder("release"))
    model = load_model(context.input_folder("run"))
    check_same_classes(release, model)
    clips = release.clips_of(*splits)
    if not clips:
        raise JobRefused(f"The release has no clip in {', '.join(splits)}; name other splits.")
    scores = score_with_model(context, model, clips)
    _write(context.result_dir, release, clips, scores)
    return {
        "n_clips_scored": len(clips),
        "n_classes": len(release.classes),
        "splits": [s.value for s in splits],
        "recipe": model.recipe.model,
        "data": release.digest[:12],
    }


def _splits(names: Any) -> list[Split]:
    allowed = [s.value for s in Split]
    if not isinstance(names, list) or not names or any(n not in allowed for n in names):
        raise JobRefused(f"splits is {names!r}; name one or more of {', '.join(allowed)}.")
    return [s for s in Split if s.value in names]


def _write(
    folder: Path, release: Release, clips: Sequence[ReleasedClip], scores: NDArray[np.float32]
) -> None:
    mids = [c.mid for c in release.classes]
    with (folder / TABLE_FILE).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["fname", "split", *mids])
        for clip, row in zip(clips, scores, strict=True):
            writer.writerow([clip.fname, clip.split.value, *(f"{score:.6g}" for score in row)])
    np.save(folder / ARRAY_FILE, scores, allow_pickle=False)
    names = {
        "fnames": [clip.fname for clip in clips],
        "splits": [clip.split.value for clip in clips],
        "mids": mids,
    }
    write_json_atomically(folder / NAMES_FILE, names)
