"""Template filters: numbers as a reader takes them. They decide nothing."""

from typing import Any

from django import template

register = template.Library()
NOTHING = "–"


@register.filter
def decimals(value: float | None, places: int = 3) -> str:
    """Return a number with that many places, or a dash for None.

    Examples
    --------
    >>> decimals(0.75108, 3), decimals(None, 3)
    ('0.751', '–')
    """
    return NOTHING if value is None else _signed(f"{value:.{places}f}")


@register.filter
def percent(value: float | None, places: int = 0) -> str:
    """Return a share as per cent, or a dash for None; a line does not end before the sign.

    Examples
    --------
    >>> percent(0.857)
    '86\\xa0%'
    """
    return NOTHING if value is None else f"{value * 100:.{places}f}\N{NO-BREAK SPACE}%"


@register.filter
def per_cent_number(value: float) -> int:
    """Return a share as a whole number of per cent.

    Examples
    --------
    >>> per_cent_number(0.857)
    86
    """
    return round(value * 100)


@register.filter
def interval(value: Any) -> str:
    """Return an interval with ``low`` and ``high``, or nothing if it is not defined.

    Examples
    --------
    >>> interval({"low": 0.5, "high": 0.75})
    '0.500 to 0.750'
    """
    low, high = value["low"], value["high"]
    return "" if low is None else _signed(f"{low:.3f} to {high:.3f}")


@register.filter
def alpha_in_words(value: float | None) -> str:
    """Say what an α means, after Krippendorff's own bounds (0.667 and 0.8, inclusive).

    Examples
    --------
    >>> alpha_in_words(0.751)
    'enough for tentative conclusions'
    """
    if value is None:
        return "not defined, for all answers are alike or nobody judged what another judged"
    if value >= 0.8:
        return "reliable"
    return "enough for tentative conclusions" if value >= 0.667 else "weak"


@register.filter
def duration(seconds: float | None) -> str:
    """Return seconds as people say them.

    Examples
    --------
    >>> duration(42.4), duration(150)
    ('42 s', '2.5 min')
    """
    if seconds is None:
        return NOTHING
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


@register.filter
def by_count(rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Return rows with the largest value of ``key`` first."""
    return sorted(rows, key=lambda row: -row[key])


def _signed(text: str) -> str:
    """Write the minus as a minus."""
    return text.replace("-", "−")
