"""Job kind "flag": the missing labels that a trained model suspects (Fonseca et al. 2020).

The run's model scores the dev set; per class, the ``top_percent`` % of **implicit** negatives with
the highest scores are flagged. Inputs: ``release``, ``run`` (a train job's result folder); or, in
place of ``run``, ``embeddings`` (an embed job's), from which ``cold_start`` makes a teacher.
Settings: ``top_percent`` (above 0, up to 100; default 1), ``device``, ``features_dir``. Result
folder::

    flags.csv    fname,mid,score,rank,n_implicit    highest score first

``rank`` counts from 1 within the class and ``n_implicit`` is the class's number of implicit
negatives, so that the flags of any smaller share can be read off the same file.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.cold_start import score_from_embeddings, taught_states
from ml_worker.job_context import JobContext, JobRefused
from ml_worker.release import LabelState, Split, read_release
from ml_worker.score import check_same_classes, score_with_model
from ml_worker.trained_model import load_model

FLAGS_FILE = "flags.csv"


@dataclass(frozen=True, slots=True)
class Flag:
    """A class that is probably audible in a clip and that nobody was asked about.

    ``rank`` is its place, from 1, among the class's ``n_implicit`` implicit negatives.
    """

    fname: str
    mid: str
    score: float
    rank: int
    n_implicit: int


def run(context: JobContext) -> dict[str, Any]:
    """Score the dev set, write the flags and return the summary."""
    top_percent = check_top_percent(context.spec.settings.get("top_percent", 1.0))
    context.progress.start("reading the release", total=1, unit="releases")
    release = read_release(context.input_folder("release"))
    clips = release.clips_of(Split.TRAIN, Split.VAL)
    states = release.label_states(clips)
    if "embeddings" in context.spec.inputs:
        scores = score_from_embeddings(context, release, clips)
        states = taught_states(scores, states)
    else:
        model = load_model(context.input_folder("run"))
        check_same_classes(release, model)
        scores = score_with_model(context, model, clips)
    fnames = [clip.fname for clip in clips]
    mids = [c.mid for c in release.classes]
    flags = select_flags(scores, states, fnames, mids, top_percent)
    with (context.result_dir / FLAGS_FILE).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["fname", "mid", "score", "rank", "n_implicit"])
        writer.writerows([f.fname, f.mid, f"{f.score:.6f}", f.rank, f.n_implicit] for f in flags)
    return {
        "n_flags": len(flags),
        "n_classes_flagged": len({flag.mid for flag in flags}),
        "n_clips_flagged": len({flag.fname for flag in flags}),
        "n_clips_scored": len(clips),
        "n_implicit_negatives": int(np.sum(states == LabelState.IMPLICIT_NEGATIVE)),
        "top_percent": top_percent,
        "data": release.digest[:12],
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
        See ``n_flagged``.
    """
    name_order = np.empty(len(fnames), np.int64)
    name_order[np.argsort(np.asarray(fnames, dtype=object), kind="stable")] = range(len(fnames))
    flags = []
    for column, mid in enumerate(mids):
        rows = np.nonzero(states[:, column] == LabelState.IMPLICIT_NEGATIVE)[0]
        ranked = rows[np.lexsort((name_order[rows], -scores[rows, column]))]
        best = ranked[: n_flagged(len(rows), top_percent)]
        flags += [
            Flag(fnames[row], mid, float(scores[row, column]), rank, len(rows))
            for rank, row in enumerate(best.tolist(), start=1)
        ]
    return sorted(flags, key=lambda flag: (-flag.score, flag.fname, flag.mid))


def n_flagged(n_implicit: int, top_percent: float) -> int:
    """Return floor(n_implicit x top_percent / 100), but at least one if there is any.

    >>> [n_flagged(n, 1.0) for n in (0, 1, 199, 200)]
    [0, 1, 1, 2]
    """
    # The addend: 0.29 x 100 must count as 29.
    return min(n_implicit, max(1, math.floor(n_implicit * top_percent / 100 + 1e-9)))


def check_top_percent(value: Any) -> float:
    """Return a share in percent, above 0 and up to 100.

    Raises
    ------
    JobRefused
        It is something else.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value <= 100:
        raise JobRefused(f"top_percent is {value!r}; it must be a number above 0, up to 100.")
    return float(value)
