"""Bars of answers a day, as the numbers of an SVG picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

HEIGHT, STEP, GAP = 100.0, 10.0, 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One day's bar, in the picture's units from its upper left corner."""

    day: date
    n: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class DayBars:
    """The picture: its size and its bars, oldest first."""

    width: float
    height: float
    bars: list[Bar]

    @property
    def first_day(self) -> date:
        """The day of the first bar."""
        return self.bars[0].day


def day_bars(by_day: Sequence[tuple[date, int]]) -> DayBars:
    """Return bars whose tallest fills the height; a day with answers shows at least a line.

    >>> picture = day_bars([(date(2026, 1, 1), 0), (date(2026, 1, 2), 4)])
    >>> [(bar.x, bar.y, bar.height) for bar in picture.bars]
    [(0.0, 100.0, 0.0), (10.0, 0.0, 100.0)]
    """
    most = max([n for _, n in by_day] + [1])
    bars = []
    for place, (day, n) in enumerate(by_day):
        height = max(HEIGHT * n / most, 2.0) if n else 0.0
        bars.append(Bar(day, n, place * STEP, HEIGHT - height, STEP - GAP, height))
    return DayBars(len(by_day) * STEP, HEIGHT, bars)
