"""Answers of annotators whose reliability is known."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.scale import Scale
from benchmarks.synthetic.clips import zipf_weights

ANSWERS = np.array(["PP", "PNP", "NP", "U"])
_UNSURE = 0.03


def write_votes(
    path: Path,
    scale: Scale,
    nominations: Iterable[tuple[str, str]],
    truth: Mapping[str, Iterable[str]],
) -> int:
    """Write ``annotator,clip_id,mid,answer`` rows for (clip_id, mid) pairs; return their number.

    Two to four annotators answer each pair, 3 on average. An annotator answers right with a fixed
    probability of 0.60 to 0.97, is unsure at 3 %, and else gives one of the other two answers.
    """
    rng = np.random.default_rng([scale.seed, 3])
    reliability = rng.uniform(0.60, 0.97, scale.n_annotators)
    activity = zipf_weights(scale.n_annotators)
    n_rows = 0
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["annotator", "clip_id", "mid", "answer"])
        for clip_id, mid in sorted(nominations):
            right = _true_answer(list(truth[clip_id]), mid)
            asked = _ask(scale, activity, rng)
            for annotator in asked:
                answer = _answer(right, reliability[annotator], rng)
                writer.writerow([f"annotator-{annotator:03d}", clip_id, mid, answer])
            n_rows += len(asked)
    return n_rows


def _true_answer(sounding: list[str], mid: str) -> int:
    """The first class of a clip predominates; the others are there."""
    if mid not in sounding:
        return 2
    return 0 if sounding[0] == mid else 1


def _ask(scale: Scale, activity: np.ndarray, rng: np.random.Generator) -> list[int]:
    spread = int(rng.integers(-1, 2))
    n = max(1, round(scale.votes_per_nomination) + spread)
    cumulative = np.cumsum(activity)
    drawn = np.searchsorted(cumulative, rng.random(3 * n) * cumulative[-1])
    return list(dict.fromkeys(drawn.tolist()))[:n]


def _answer(right: int, reliability: float, rng: np.random.Generator) -> str:
    chance = rng.random()
    if chance < _UNSURE:
        return str(ANSWERS[3])
    if chance < _UNSURE + (1 - _UNSURE) * reliability:
        return str(ANSWERS[right])
    return str(ANSWERS[(right + int(rng.integers(1, 3))) % 3])
