"""Reads a table of votes: ``annotator,clip_id,mid,answer``, one answer a line."""

import csv
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from datasets_app.domain.votes.answers import Answer, parse_answer

COLUMNS = ("annotator", "clip_id", "mid", "answer")
LONGEST_ANNOTATOR = 150
PROBLEMS_NAMED = 20
_EXTRA = "cells beyond the header"


class VoteTableError(ValueError):
    """The table cannot be taken in; the message names its faulty lines."""


@dataclass(frozen=True, slots=True)
class VoteRow:
    """One answer."""

    annotator: str
    clip_id: str
    mid: str
    answer: Answer


def read_vote_table(
    path: Path, *, clip_ids: Collection[str], mids: Collection[str]
) -> list[VoteRow]:
    """Return the table's rows once every line has been found sound.

    Raises
    ------
    VoteTableError
        The file cannot be read, or some line is malformed, names a clip or class that is not
        there, or repeats another; the message lists such lines by number.
    """
    rows: list[VoteRow] = []
    problems: list[str] = []
    seen: dict[tuple[str, str, str], int] = {}
    for line, raw in _read_lines(path):
        try:
            row = _parse_row(raw, clip_ids, mids)
            first = seen.setdefault((row.annotator, row.clip_id, row.mid), line)
            if first != line:
                raise ValueError(f"the same annotator, clip and class stand in line {first}")
            rows.append(row)
        except ValueError as error:
            problems.append(f"line {line}: {error}")
    if problems:
        raise VoteTableError(_list_problems(path, problems))
    return rows


def _read_lines(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            if missing := [c for c in COLUMNS if c not in (reader.fieldnames or ())]:
                raise VoteTableError(
                    f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
                    f"it needs {','.join(COLUMNS)}."
                )
            for raw in reader:
                cells = {c: (raw[c] or "").strip() for c in COLUMNS}
                yield reader.line_num, cells | {_EXTRA: "".join(raw.get(None, ()))}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise VoteTableError(f"{path} cannot be read as UTF-8 csv: {error}.") from error


def _parse_row(raw: Mapping[str, str], clip_ids: Collection[str], mids: Collection[str]) -> VoteRow:
    if raw[_EXTRA]:
        raise ValueError("it has more cells than the header; quote cells that hold commas")
    if not raw["annotator"] or len(raw["annotator"]) > LONGEST_ANNOTATOR:
        raise ValueError(f"annotator must be a name of 1 to {LONGEST_ANNOTATOR} characters")
    if "\x00" in raw["annotator"]:
        raise ValueError("annotator holds a NUL character")
    if raw["clip_id"] not in clip_ids:
        raise ValueError(f"the collection has no clip {raw['clip_id']!r}")
    if raw["mid"] not in mids:
        raise ValueError(f"the ontology has no class {raw['mid']!r}")
    return VoteRow(raw["annotator"], raw["clip_id"], raw["mid"], parse_answer(raw["answer"]))


def _list_problems(path: Path, problems: list[str]) -> str:
    shown = "\n".join(f"  {problem}" for problem in problems[:PROBLEMS_NAMED])
    rest = len(problems) - PROBLEMS_NAMED
    more = f"\n  and {rest} more lines" if rest > 0 else ""
    count = f"{len(problems)} faulty line{'s' * (len(problems) > 1)}"
    return f"{path}: nothing was imported because of {count}:\n{shown}{more}"
