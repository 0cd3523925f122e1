"""Where scores and their intervals lie on the axis of a leaderboard."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

MOST_TICKS = 4


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the axis: how far along, in percent, and what stands there."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Whisker:
    """A score's dot and the ends of its interval, in percent along the axis."""

    low: str
    score: str
    high: str


@dataclass(frozen=True, slots=True)
class ScoreAxis:
    """An axis that shows all of the intervals, from a round number to a round number."""

    first: float
    last: float
    step: float

    def ticks(self) -> list[Tick]:
        """Return the marks, ends included."""
        n_steps = round((self.last - self.first) / self.step)
        values = [self.first + i * self.step for i in range(n_steps + 1)]
        digits = max(0, -math.floor(math.log10(self.step) + 1e-9))
        return [Tick(self._along(value), f"{value:.{digits}f}") for value in values]

    def whisker(self, low: float, score: float, high: float) -> Whisker:
        """Place a score and its interval."""
        return Whisker(self._along(low), self._along(score), self._along(high))

    def _along(self, value: float) -> str:
        """Return percent from 4 to 96, so that dots and labels at the ends are whole."""
        share = (value - self.first) / (self.last - self.first)
        return f"{4 + 92 * share:.2f}"


def axis_of(bounds: Sequence[tuple[float, float]]) -> ScoreAxis:
    """Return the shortest axis with at most four round steps over all (low, high).

    >>> [tick.text for tick in axis_of([(0.42, 0.57), (0.3, 0.35)]).ticks()]
    ['0.3', '0.4', '0.5', '0.6']
    >>> [tick.text for tick in axis_of([]).ticks()]
    ['0.0', '0.5', '1.0']
    """
    if not bounds:
        return ScoreAxis(0.0, 1.0, 0.5)
    low, high = min(b[0] for b in bounds), max(b[1] for b in bounds)
    if high - low < 0.01:
        low, high = max(low - 0.01, 0.0), min(high + 0.01, 1.0)
    magnitude = 10.0 ** math.floor(math.log10(high - low))
    for factor in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0):
        step = magnitude * factor
        first = math.floor(low / step + 1e-9)
        last = math.ceil(high / step - 1e-9)
        if last - first < MOST_TICKS:
            break
    return ScoreAxis(first * step, last * step, step)
