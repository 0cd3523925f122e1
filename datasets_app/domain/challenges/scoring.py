"""What a submission is worth on one side of the eval clips, with an interval."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets_app.domain.challenges import metrics
from datasets_app.domain.challenges.metrics import Floats, Predictions
from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.bootstrap import interval_of

METRICS: Mapping[str, Callable[[Predictions, Floats], Floats]] = {
    "lwlrap": metrics.lwlrap,
    "map_macro": metrics.map_macro,
    "map_micro": metrics.map_micro,
    "map_at_3": metrics.map_at_3,
}
N_REPLICATES = 500
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Worth:
    """The main metric with its interval, and every metric by name (None where not defined)."""

    score: float
    low: float
    high: float
    values: Mapping[str, float | None]


def worth_of(
    predictions: Predictions,
    *,
    main: str,
    names_only: bool = False,
    n_replicates: int = N_REPLICATES,
    seed: int = 0,
) -> Worth:
    """Measure predictions; the interval is over eval clips drawn anew, with replacement.

    Parameters
    ----------
    predictions
        Of the clips of one side.
    main
        A name of ``METRICS``.
    names_only
        The submission names labels in their order and scores nothing else, so that only MAP@3 has
        a meaning.
    n_replicates, seed
        Same seed, same resamples; the interval is their middle 95 %.

    Raises
    ------
    RuleError
        The main metric is not known, or is not defined on these clips.

    Notes
    -----
    Clips of one uploader are not independent; the interval says nothing of that. Cost: 4,500 clips
    of 80 classes take about a third of a second with mAP, less with the others.
    """
    if main not in METRICS:
        raise RuleError(f"Received the metric {main!r}; known are {', '.join(METRICS)}.")
    once = metrics.once_each(len(predictions.targets))
    known = {"map_at_3"} if names_only else METRICS.keys()
    values = {
        name: _defined(float(metric(predictions, once)[0])) if name in known else None
        for name, metric in METRICS.items()
    }
    score = values[main]
    if score is None:
        raise RuleError(f"The metric {main} is not defined on these {len(once)} clips.")
    draws = draw_clips(len(once), n_replicates=n_replicates, seed=seed)
    interval = interval_of(METRICS[main](predictions, draws), LEVEL)
    low, high = (_defined(bound) for bound in (interval.low, interval.high))
    return Worth(score, score if low is None else low, score if high is None else high, values)


def draw_clips(n_clips: int, *, n_replicates: int, seed: int) -> Floats:
    """Return how often each clip is drawn in each resample, shape (n_clips, n_replicates).

    >>> draw_clips(5, n_replicates=2, seed=0).sum(axis=0).tolist()
    [5.0, 5.0]
    """
    rng = np.random.default_rng([seed, n_clips])
    draws: NDArray[Any] = rng.multinomial(n_clips, np.full(n_clips, 1 / n_clips), size=n_replicates)
    return np.ascontiguousarray(draws.T, dtype=np.float64)


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value
