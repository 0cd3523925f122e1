"""Reads the clips of a release one after the other, and two releases side by side.

A release's tables have their clips in the order of fname, so that neither has to be held in memory.
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from datasets_app.domain.labels.label_states import LabelOrigin, TrainingState
from datasets_app.domain.releases.label_cause import Said
from datasets_app.releases.layout import (
    LABEL_COLUMNS,
    LABELS,
    SIDES,
    TRUTH_COLUMNS,
    collection_file,
    truth_file,
)
from datasets_app.releases.reading import ReleaseFileError, read_rows

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReleasedClip:
    """What a release says of one clip; ``direct`` are the classes it carries before propagation."""

    fname: str
    part: str
    states: Mapping[str, Said]
    direct: tuple[str, ...]


def released_clips(folder: Path) -> Iterator[ReleasedClip]:
    """Yield the clips of a release in the order of fname.

    Raises
    ------
    ReleaseFileError
        A table is missing or malformed, is not in that order, or names clips that another lacks.

    Notes
    -----
    Memory: the labels of one clip.
    """
    labels = _Labels(folder)
    sides = [_side(folder, side) for side in SIDES]
    for fname, part, direct in heapq.merge(*sides, key=lambda clip: clip[0]):
        yield ReleasedClip(fname, part, labels.of(fname), direct)
    labels.check_none_is_left()


def side_by_side(
    old: Iterator[ReleasedClip], new: Iterator[ReleasedClip]
) -> Iterator[tuple[ReleasedClip | None, ReleasedClip | None]]:
    """Yield every clip of either release as (old, new); None where one lacks it."""
    before, now = next(old, None), next(new, None)
    while before is not None or now is not None:
        is_old = now is None or (before is not None and before.fname <= now.fname)
        is_new = before is None or (now is not None and now.fname <= before.fname)
        yield (before if is_old else None, now if is_new else None)
        before = next(old, None) if is_old else before
        now = next(new, None) if is_new else now


class _Labels:
    """Rows of labels.csv, handed out clip by clip."""

    def __init__(self, folder: Path) -> None:
        rows = _in_order(LABELS, read_rows(folder, LABELS, LABEL_COLUMNS))
        self._groups = groupby(rows, key=lambda found: found[1]["fname"])
        self._next = self._read_next()

    def of(self, fname: str) -> dict[str, Said]:
        """Return what is said of a clip; clips are asked for in their order."""
        if self._next is None or self._next[0] > fname:
            return {}
        if self._next[0] < fname:
            self.check_none_is_left()
        found = self._next[1]
        self._next = self._read_next()
        return found

    def check_none_is_left(self) -> None:
        """Refuse rows of a clip that the release does not have."""
        if self._next is not None:
            raise ReleaseFileError(
                f"{LABELS}: clip {self._next[0]!r} is in neither dev.csv nor eval.csv."
            )

    def _read_next(self) -> tuple[str, dict[str, Said]] | None:
        fname, rows = next(self._groups, (None, ()))
        return None if fname is None else (fname, dict(map(_said, rows)))


def _said(found: tuple[str, Row]) -> tuple[str, Said]:
    where, row = found
    try:
        return row["mid"], (TrainingState(row["state"]), LabelOrigin(row["origin"]))
    except ValueError as error:
        raise ReleaseFileError(f"{where}: {error}.") from error


def _side(folder: Path, side: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield fname, part and direct labels of a side's clips."""
    truth, before = truth_file(side), collection_file(side)
    rows = _in_order(truth, read_rows(folder, truth, TRUTH_COLUMNS[side]))
    direct = read_rows(folder, before, TRUTH_COLUMNS["eval"])
    for where, row in rows:
        _, same = next(direct, ("", {}))
        if same.get("fname") != row["fname"]:
            raise ReleaseFileError(f"{where} is clip {row['fname']!r}, but not in {before}.")
        mids = tuple(same["mids"].split(",")) if same["mids"] else ()
        yield row["fname"], row.get("split", "eval"), mids


def _in_order(name: str, rows: Iterator[tuple[str, Row]]) -> Iterator[tuple[str, Row]]:
    last = ""
    for where, row in rows:
        if row["fname"] < last:
            raise ReleaseFileError(
                f"{where}: clip {row['fname']!r} comes after {last!r}; {name} must be in the order "
                "of fname, as Harken writes it."
            )
        last = row["fname"]
        yield where, row
