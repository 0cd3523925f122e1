"""A difference as one csv file, for people without the site."""

from collections.abc import Iterator
from pathlib import Path
from sqlite3 import Connection

from datasets_app.domain.spreadsheet_cell import spreadsheet_cell
from datasets_app.releases.differences.selectors import (
    ChangedClip,
    ChangedLabel,
    Explained,
    Wanted,
    changed_clips,
    changed_labels,
)
from datasets_app.releases.text_files import write_csv

COLUMNS = (
    "what", "fname", "mid", "before", "now", "origin_before", "origin_now", "cause", "classes",
    "answers_given", "answers_dropped", "answers_set_aside", "adjudicated", "model_score", "root",
)  # fmt: skip


def write_changes(database: Connection, out: Path) -> int:
    """Write every changed clip, then every changed label, one a line; return how many lines.

    ``what`` says of a clip that it was added, removed or moved (``before`` and ``now`` are parts),
    of a label that it was gained, lost or changed otherwise (they are states). Cells are safe in a
    spreadsheet. The file appears whole or not at all.
    """
    n_rows = 0

    def counted() -> Iterator[tuple[str, ...]]:
        nonlocal n_rows
        for n_rows, row in enumerate(_rows(database), start=1):  # noqa: B007 - counted for the end
            yield tuple(spreadsheet_cell(cell) for cell in row)

    making = out.with_name(f".{out.name}.making")
    try:
        write_csv(making, COLUMNS, counted())
        making.replace(out)
    finally:
        making.unlink(missing_ok=True)
    return n_rows


def _rows(database: Connection) -> Iterator[tuple[object, ...]]:
    yield from map(_clip_row, changed_clips(database, ""))
    yield from map(_label_row, changed_labels(database, Wanted()))


def _clip_row(clip: ChangedClip) -> tuple[object, ...]:
    cause = "clip_withdrawn" if clip.is_withdrawn else ""
    cells = (clip.what, clip.fname, "", clip.old_part, clip.new_part, "", "", cause)
    return cells + ("",) * (len(COLUMNS) - len(cells))


def _label_row(row: ChangedLabel) -> tuple[object, ...]:
    """Give a label that follows from another one the answers to that one."""
    return (
        *(row.kind.value, row.fname, row.mid),
        *(row.old_state, row.new_state, row.old_origin, row.new_origin),
        row.found.cause.value,
        " ".join(row.found.classes),
        *_answers(row.root or row.found),
        row.root.cause.value if row.root else "",
    )


def _answers(found: Explained) -> tuple[object, ...]:
    return (
        " ".join(found.given),
        " ".join(found.dropped),
        " ".join(found.set_aside),
        found.adjudged,
        found.model_score,
    )
