"""How far people agreed on what a release holds, from the ratings in the release itself."""

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from datasets_app.domain.votes.agreement import AgreementSummary, summarise_agreement
from datasets_app.domain.votes.answers import ANSWERS
from datasets_app.releases.clip_stream import RATING_OF_ANSWER
from datasets_app.releases.dataset_card.json_lines import json_entries
from datasets_app.releases.layout import RATINGS

SEED = 0
REPLICATES = 300
"""Enough for an interval that a plot shows, which shows no third digit."""
DIGITS = 4
_COLUMN = {float(RATING_OF_ANSWER[answer.value]): i for i, answer in enumerate(ANSWERS)}

Units: TypeAlias = Counter[tuple[int, ...]]
"""How many nominations have each count of the four answers: few kinds, however many clips."""


def agreement_facts(folder: Path) -> dict[str, Any]:
    """Return Krippendorff's α and raw agreement with 95 % intervals, overall and by mid.

    Figures that are not defined are None: nobody answered twice, or all answers are alike.
    """
    by_class: dict[str, Units] = {}
    for _, ratings in json_entries(folder / RATINGS):
        for mid, values in ratings.items():
            counts = [0] * len(ANSWERS)
            for value in values:
                counts[_COLUMN[float(value)]] += 1
            by_class.setdefault(mid, Counter())[tuple(counts)] += 1
    overall: Units = Counter()
    for units in by_class.values():
        overall.update(units)
    return {
        **_figures(overall),
        "classes": {mid: _figures(units) for mid, units in sorted(by_class.items())},
    }


def _figures(units: Mapping[tuple[int, ...], int]) -> dict[str, Any]:
    kinds = sorted(units)
    rows = np.array(kinds, dtype=np.int64).reshape(-1, len(ANSWERS))
    counts = np.repeat(rows, [units[kind] for kind in kinds], axis=0)
    found: AgreementSummary = summarise_agreement(counts, seed=SEED, n_replicates=REPLICATES)
    return {
        "n_units": found.n_units,
        "n_ratings": found.n_ratings,
        "alpha": _plain(found.alpha),
        "low": _plain(found.alpha_interval.low),
        "high": _plain(found.alpha_interval.high),
        "raw": _plain(found.raw),
    }


def _plain(value: float) -> float | None:
    return round(value, DIGITS) if math.isfinite(value) else None
