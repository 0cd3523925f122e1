"""Job kind "flag": the missing labels that a trained model suspects (Fonseca et al. 2020).

The run's model scores the dev set; per class, the ``top_percent`` % of **implicit** negatives with
the highest scores are flagged. Inputs: ``release``, ``run`` (a train job's result folder).
Settings: ``top_percent`` (above 0, up to 100; default 1), ``device``, ``features_dir``. Result
folder::

    flags.csv    fname,mid,score    highest score first
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.devices import choose_device
from ml_worker.features import default_store, load_features
from ml_worker.job_context import JobContext, JobRefused
from ml_worker.patches import PatchSet
from ml_worker.release import LabelState, Release, ReleasedClip, Split, read_release
from ml_worker.score import score_clips
from ml_worker.trained_model import TrainedModel, load_model

FLAGS_FILE = "flags.csv"


@dataclass(frozen=True, slots=True)
class Flag:
    """A class that is probably audible in a clip and that nobody was asked about."""

    fname: str
    mid: str
    score: float


def run(context: JobContext) -> dict[str, Any]:
    """Score the dev set, write the flags and return the summary."""
    top_percent = _top_percent(context.spec.settings.get("top_percent", 1.0))
    context.progress.start("reading the release", total=1, unit="releases")
    release = read_release(context.input_folder("release"))
    model = load_model(context.input_folder("run"))
    _check_same_classes(release, model)
    clips = release.clips_of(Split.TRAIN, Split.VAL)
    scores = _score(context, model, clips)
    states = release.label_states(clips)
    fnames = [clip.fname for clip in clips]
    mids = [c.mid for c in release.classes]
    flags = select_flags(scores, states, fnames, mids, top_percent)
    with (context.result_dir / FLAGS_FILE).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["fname", "mid", "score"])
        writer.writerows([flag.fname, flag.mid, f"{flag.score:.6f}"] for flag in flags)
    return {
        "n_flags": len(flags),
        "n_classes_flagged": len({flag.mid for flag in flags}),
        "n_clips_flagged": len({flag.fname for flag in flags}),
        "n_clips_scored": len(clips),
        "n_implicit_negatives": int(np.sum(states == LabelState.IMPLICIT_NEGATIVE)),
        "top_percent": top_percent,
    }


def select_flags(
    scores: NDArray[np.float32],
    states: NDArray[np.int8],
    fnames: Sequence[str],
    mids: Sequence[str],
    top_percent: float,
) -> list[Flag]:
    """Return each class's highest-scored implicit negatives, highest score first.

    Parameters
    ----------
    scores, states
        Shape (n_clips, n_classes); ``states`` are ``LabelState`` values.
    fnames, mids
        Names of rows and columns. Equal scores are taken in the order of fname.
    top_percent
        Of a class's n implicit negatives, floor(n x top_percent / 100) are flagged, but at least
        one if there is any.
    """
    flags = []
    for column, mid in enumerate(mids):
        rows = np.nonzero(states[:, column] == LabelState.IMPLICIT_NEGATIVE)[0]
        n_flags = max(1, math.floor(len(rows) * top_percent / 100 + 1e-9))
        ranked = sorted(rows, key=lambda r: (-scores[r, column], fnames[r]))
        flags += [Flag(fnames[r], mid, float(scores[r, column])) for r in ranked[:n_flags]]
    return sorted(flags, key=lambda flag: (-flag.score, flag.fname, flag.mid))


def _score(
    context: JobContext, model: TrainedModel, clips: Sequence[ReleasedClip]
) -> NDArray[np.float32]:
    device = choose_device(str(context.spec.settings.get("device", "auto")))
    frames = load_features(context, default_store(context, model.front_end), clips)
    patches = PatchSet(frames, model.front_end, model.normalisation)
    context.progress.start("scoring", total=len(patches), unit="patches")

    def after_batch(n: int) -> None:
        context.check_stop()
        context.progress.advance(n)

    return score_clips(model.network.to(device), patches, device, after_batch)


def _top_percent(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value <= 100:
        raise JobRefused(f"top_percent is {value!r}; it must be a number above 0, up to 100.")
    return float(value)


def _check_same_classes(release: Release, model: TrainedModel) -> None:
    if [c.mid for c in release.classes] != [c.mid for c in model.classes]:
        raise JobRefused(
            f"The run was trained on {len(model.classes)} classes that are not the release's "
            f"{len(release.classes)}; use a run of a release with the same vocabulary."
        )
