"""Which edges propagate, as a table: ``child_mid,parent_mid,propagates`` with 1 or 0.

FSD50K's ``propagation_edges.csv`` is one; other columns (such as the names) are ignored.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from datasets_app.domain.errors import RuleError

COLUMNS = ("child_mid", "parent_mid", "propagates")
MAX_PROBLEMS = 20
"""How many problems one refusal spells out before it only counts the rest."""
MEANING = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One row: does a label of the child imply the parent? ``where`` names file and line."""

    child: str
    parent: str
    propagates: bool
    where: str


def parse_edge_table(content: bytes, name: str) -> tuple[EdgeRow, ...]:
    """Return the rows of the table in the file of that name, once everything in it is right.

    Raises
    ------
    RuleError
        Names all problems at once, each with its line: missing columns, an empty mid, a value that
        is neither 1 nor 0, an edge that stands there twice; or the file is no UTF-8 text.
    """
    problems: list[str] = []
    rows: dict[tuple[str, str], EdgeRow] = {}
    try:
        for line, cells in _numbered_rows(name, content.decode("utf-8-sig")):
            _add_row(rows, problems, f"{name} line {line}", cells)
    except (UnicodeDecodeError, csv.Error) as error:
        raise RuleError(f"{name} is no UTF-8 table of comma-separated values: {error}.") from error
    if problems:
        raise RuleError(shorten(problems))
    return tuple(rows.values())


def shorten(problems: list[str]) -> list[str]:
    """Return the first ``MAX_PROBLEMS`` sentences and a count of the rest."""
    spare = len(problems) - MAX_PROBLEMS
    return [*problems[:MAX_PROBLEMS], *([f"And {spare} more problems."] if spare > 0 else [])]


def _numbered_rows(file: str, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
        raise RuleError(
            f"{file} lacks the column {', '.join(missing)}; its first line must name "
            f"{', '.join(COLUMNS)}."
        )
    for cells in reader:
        yield reader.line_num, {name: str(cells[name]).strip() for name in COLUMNS}


def _add_row(
    rows: dict[tuple[str, str], EdgeRow], problems: list[str], where: str, cells: dict[str, str]
) -> None:
    child, parent = cells["child_mid"], cells["parent_mid"]
    propagates = MEANING.get(cells["propagates"].lower())
    if not child or not parent:
        problems.append(f"{where} lacks child_mid or parent_mid; give both.")
    elif propagates is None:
        problems.append(
            f"{where}: propagates is {cells['propagates'][:40]!r}; write 1 if a label of the child "
            "implies the parent, 0 if not."
        )
    elif (known := rows.get((child, parent))) is not None:
        problems.append(
            f"{where} names the edge {child} → {parent} that stands in {known.where}; keep one."
        )
    else:
        rows[child, parent] = EdgeRow(child, parent, propagates, where)
