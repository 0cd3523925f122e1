"""Figures as a reader sees them: decimals, intervals, shares, durations, sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NONE = "–"


def decimals(value: float | None, places: int = 3) -> str:
    """Return a number with ``places`` decimals; a dash for None.

    >>> decimals(0.12345), decimals(None), decimals(-0.0001)
    ('0.123', '–', '0.000')
    """
    if value is None:
        return NONE
    text = f"{value:.{places}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def interval(figure: Mapping[str, Any], places: int = 3) -> str:
    """Return "0.100 to 0.200", or "no interval" where there is none."""
    if figure["low"] is None:
        return "no interval"
    return f"{decimals(figure['low'], places)} to {decimals(figure['high'], places)}"


def per_cent(share: float | None, places: int = 0) -> str:
    """Return a share in per cent.

    >>> per_cent(0.256), per_cent(0.256, 1), per_cent(None)
    ('26 %', '25.6 %', '–')
    """
    return NONE if share is None else f"{share * 100:.{places}f} %"


def plural(n: int, noun: str) -> str:
    """Return the number with its noun.

    >>> plural(1, "clip"), plural(1200, "class")
    ('1 clip', '1,200 classes')
    """
    ending = "" if n == 1 else "es" if noun.endswith("s") else "s"
    return f"{n:,} {noun}{ending}"


def in_words(names: Sequence[str]) -> str:
    """Return "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def seconds(value: float) -> str:
    """Return a duration in seconds, minutes or hours.

    >>> seconds(24.0), seconds(600), seconds(7300)
    ('24 s', '10 min', '2.0 h')
    """
    if value < 120:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def size(n_bytes: float) -> str:
    """Return a size in the unit that suits it.

    >>> size(512), size(2_500_000)
    ('512 B', '2.5 MB')
    """
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= scale:
            return f"{n_bytes / scale:.1f} {unit}"
    return f"{n_bytes:.0f} B"
