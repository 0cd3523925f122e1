"""Tables: plain ones, those folded under a figure, and long ones that sort and filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ml_worker.reports.markup import Html, join, tag, void
from ml_worker.reports.words import plural


@dataclass(frozen=True, slots=True)
class SortedCell:
    """What a cell shows and what it is sorted by; without a value it comes last."""

    shown: Html | str
    key: float | str | None


def table(columns: Sequence[str], rows: Sequence[Sequence[Html | str]]) -> Html:
    """Return a table whose first column names the row and whose others are numbers."""
    heads = [
        tag("th", column, scope="col", class_="n" if i else None)
        for i, column in enumerate(columns)
    ]
    lines = [
        tag("tr", tag("th", first, scope="row"), [tag("td", cell, class_="n") for cell in cells])
        for first, *cells in rows
    ]
    body = tag("table", tag("thead", tag("tr", heads)), tag("tbody", lines))
    return tag("div", body, class_="scroll", tabindex="0", role="group", aria_label=_label(columns))


def values(columns: Sequence[str], rows: Sequence[Sequence[Html | str]]) -> Html:
    """Return the numbers of a figure, folded away on the screen and open in print."""
    return tag("details", tag("summary", "The values"), table(columns, rows))


def sortable_table(
    name: str, prompt: str, columns: Sequence[str], rows: Sequence[Sequence[SortedCell]]
) -> Html:
    """Return a table with a field that filters by the first column, and columns that sort."""
    heads = [
        tag("th", tag("button", c, type="button"), scope="col", class_="n" if i else None)
        for i, c in enumerate(columns)
    ]
    lines = [
        tag(
            "tr",
            tag("th", first.shown, scope="row", data_sort=_key(first)),
            [tag("td", cell.shown, class_="n", data_sort=_key(cell)) for cell in cells],
        )
        for first, *cells in rows
    ]
    body = tag(
        "table",
        tag("thead", tag("tr", heads)),
        tag("tbody", lines),
        id=name,
        data_sortable=True,
    )
    field = f"{name}-filter"
    return join(
        tag(
            "div",
            tag("label", prompt, for_=field),
            void("input", id=field, type="search", data_filters=name, autocomplete="off"),
            tag("output", plural(len(rows), "row"), for_=field),
            class_="filter",
        ),
        tag(
            "div",
            body,
            class_="scroll sortable",
            tabindex="0",
            role="group",
            aria_label=_label(columns),
        ),
    )


def _label(columns: Sequence[str]) -> str:
    return f"Table by {columns[0].lower()}"


def _key(cell: SortedCell) -> str:
    if cell.key is None:
        return ""
    return cell.key if isinstance(cell.key, str) else repr(float(cell.key))
