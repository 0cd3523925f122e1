"""What a page shows, as data: sections of exhibits, each a sentence, a figure, and its values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datasets_app.reports.drawing import Figure

MOST_ROWS = 1000
"""Rows of a table; what is beyond is told of in a last line."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A figure with what it shows in words, how to read it, and the same values as a table.

    ``name`` is its place on the page; ``figure`` is empty where there is nothing to draw. Rows are
    texts: the first column names, the others are numbers.
    """

    name: str
    heading: str
    finding: str
    caption: str = ""
    figure: Figure = field(default_factory=dict)
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()

    @property
    def shown_rows(self) -> Sequence[Sequence[str]]:
        """The rows that the table has."""
        return self.rows[:MOST_ROWS]

    @property
    def n_hidden(self) -> int:
        """How many rows it leaves out."""
        return max(0, len(self.rows) - MOST_ROWS)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its exhibits; ``notes`` are warnings before them.

    ``partial`` is a template for what no figure shows, given ``data``.
    """

    anchor: str
    title: str
    lead: str
    exhibits: Sequence[Exhibit] = ()
    notes: Sequence[str] = ()
    partial: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def figures_of(sections: Sequence[Section]) -> dict[str, Figure]:
    """Return all figures by their place on the page."""
    shown = (exhibit for section in sections for exhibit in section.exhibits)
    return {exhibit.name: exhibit.figure for exhibit in shown if exhibit.figure}


def counted(n: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> counted(1, "class", "classes"), counted(1200, "clip")
    ('1 class', '1,200 clips')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return names in a sentence, the first few by name: names may have commas of their own.

    Examples
    --------
    >>> listed(["Rain"]), listed(["Rain", "Chirp, tweet"])
    ('“Rain”', '“Rain” and “Chirp, tweet”')
    >>> listed(["A", "B", "C", "D", "E"])
    '“A”, “B”, “C” and 2 more'
    """
    named = [f"“{name}”" for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(named)} and {len(names) - most:,} more"
    return " and ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def mostly(names: Sequence[str], preposition: str, most: int = 3) -> str:
    """Return where things are, given the names with most of them first.

    Examples
    --------
    >>> mostly(["A", "B"], "in"), mostly(["A", "B", "C", "D"], "in")
    ('in “A” and “B”', 'most of them in “A”, “B” and “C”')
    """
    found = f"{preposition} {listed(names[:most], most)}"
    return f"most of them {found}" if len(names) > most else found
