"""Numbers as the page's language writes them."""

from django.utils.formats import number_format


def shown_count(n: int) -> str:
    """Return a count with its thousands apart: 1,234 in English, 1.234 in Spanish.

    >>> shown_count(1234)
    '1,234'
    """
    return number_format(n, force_grouping=True)


def shown_figure(value: float, n_places: int) -> str:
    """Return a figure with so many decimal places: 0.50 in English, 0,50 in Spanish.

    >>> shown_figure(1234.5, 2)
    '1,234.50'
    """
    return number_format(f"{value:.{n_places}f}", decimal_pos=n_places, force_grouping=True)
