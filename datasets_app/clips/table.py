"""Reads ``clips.csv``, the list of recordings that a user brings.

Required columns: ``clip_id``, ``file`` (path below the folder), ``uploader``, ``license``.
Optional: ``title``, ``freesound_id``, ``source_url``, ``description``, ``tags`` (``;`` between
tags). Other columns are left alone. A row that cannot be used is refused by name, the others go on.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

REQUIRED_COLUMNS = ("clip_id", "file", "uploader", "license")
AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".mp3"})
_EXTRA = "cells beyond the header"
_CLIP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_LONGEST = {
    "uploader": 200,
    "license": 200,
    "title": 500,
    "source_url": 1000,
    "description": 50_000,
}
_MOST_TAGS = 500


class ClipTableError(ValueError):
    """``clips.csv`` as a whole cannot be read."""


@dataclass(frozen=True, slots=True)
class ClipRow:
    """One usable row."""

    clip_id: str
    file: str
    uploader: str
    license: str
    title: str = ""
    freesound_id: int | None = None
    source_url: str = ""
    description: str = ""
    tags: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the row as it is kept in a job folder."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A clip that was left out, and why."""

    clip_id: str
    reason: str


def read_clip_table(folder: Path) -> tuple[list[ClipRow], list[Refusal]]:
    """Return the usable rows of ``folder/clips.csv`` and the refused ones.

    Raises
    ------
    ClipTableError
        The file is missing, is not UTF-8 text, or lacks a required column.
    """
    rows: list[ClipRow] = []
    refusals: list[Refusal] = []
    seen: dict[str, int] = {}
    for line, raw in _read_lines(folder / "clips.csv"):
        name = raw.get("clip_id") or f"line {line}"
        try:
            row = _parse_row(raw)
            if row.clip_id in seen:
                raise ValueError(f"line {line} repeats the clip_id of line {seen[row.clip_id]}")
            seen[row.clip_id] = line
            _check_file(folder, row)
        except ValueError as error:
            refusals.append(Refusal(name, f"{error}."))
        else:
            rows.append(row)
    return rows, refusals


def _read_lines(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            missing = [c for c in REQUIRED_COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise ClipTableError(
                    f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
                    f"it needs {', '.join(REQUIRED_COLUMNS)}."
                )
            for raw in reader:
                yield reader.line_num, _named_cells(raw)
    except FileNotFoundError as error:
        raise ClipTableError(f"{path} is missing; it lists the recordings of a folder.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ClipTableError(f"{path} cannot be read as UTF-8 csv: {error}.") from error


def _named_cells(raw: Mapping[Any, Any]) -> dict[str, str]:
    """Name each cell; those beyond the header, which csv gathers in a list, are ``_EXTRA``."""
    cells = {key: value for key, value in raw.items() if key is not None}
    cells[_EXTRA] = "".join(raw.get(None, ()))
    return {key: (value or "").strip() for key, value in cells.items()}


def _parse_row(raw: Mapping[str, str]) -> ClipRow:
    if raw[_EXTRA]:
        raise ValueError("the row has more cells than the header; quote cells that hold commas")
    empty = [c for c in REQUIRED_COLUMNS if not raw.get(c)]
    if empty:
        raise ValueError(f"{' and '.join(empty)} must not be empty")
    if not _CLIP_ID.fullmatch(raw["clip_id"]):
        raise ValueError(
            "a clip_id is 1 to 128 letters, digits, dots, dashes or underscores, "
            "the first a letter or digit"
        )
    for column, longest in _LONGEST.items():
        if len(raw.get(column, "")) > longest:
            raise ValueError(f"{column} has more than {longest} characters")
    if any("\x00" in value for value in raw.values()):
        raise ValueError("the row holds a NUL character")
    tags = [tag.strip() for tag in raw.get("tags", "").split(";") if tag.strip()]
    if len(tags) > _MOST_TAGS:
        raise ValueError(f"tags holds {len(tags)} of them; a clip has at most {_MOST_TAGS}")
    return ClipRow(
        clip_id=raw["clip_id"],
        file=raw["file"],
        uploader=raw["uploader"],
        license=raw["license"],
        title=raw.get("title", ""),
        freesound_id=_freesound_id(raw.get("freesound_id", "")),
        source_url=raw.get("source_url", ""),
        description=raw.get("description", ""),
        tags=tags,
    )


def _freesound_id(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise ValueError(f"freesound_id {text!r} is not a whole number")
    return int(text)


def _check_file(folder: Path, row: ClipRow) -> None:
    path = PurePosixPath(row.file)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"file {row.file!r} must be a path below the folder, without '..'")
    if path.suffix.lower() not in AUDIO_SUFFIXES:
        raise ValueError(f"file {row.file!r} is none of {', '.join(sorted(AUDIO_SUFFIXES))}")
    try:
        resolved = (folder / path).resolve()
        is_file = resolved.is_file()
    except (OSError, RuntimeError) as error:  # a name too long, links in a circle
        raise ValueError(f"file {row.file!r} cannot be looked up: {error}") from error
    if not resolved.is_relative_to(folder.resolve()):
        raise ValueError(f"file {row.file!r} leads out of the folder through a link")
    if not is_file:
        raise ValueError(f"file {row.file!r} does not exist")
