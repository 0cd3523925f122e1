"""The csv of predictions: what it must look like, read line by line without trust.

Two forms, told apart by the header:

- **scores**: ``fname`` and every class by its mid, in any order; a line for each eval clip, in any
  order, with a finite number for each class, higher for more likely;
- **labels** (DCASE 2018 Task 2, MAP@3 only): ``fname,label``; a line for each eval clip with one to
  three class names or mids, separated by spaces, the most likely first.

UTF-8, comma-separated. A byte order mark, CRLF, quotes around cells and blank lines are taken as
spreadsheets write them; nothing else is guessed.
"""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from datasets_app.domain.challenges.format_problems import (
    MOST_PROBLEMS,
    Kind,
    Problem,
    SubmissionMalformed,
    shown,
)

FNAME, LABEL = "fname", "label"
MOST_LABELS = 3
_BYTES_PER_NUMBER = 32
_BYTES_PER_LINE = 256
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a challenge asks for: its clips' names, its classes, and whether labels will do."""

    names: Sequence[str]
    mids: Sequence[str]
    labels: Sequence[str]
    takes_labels: bool

    @property
    def most_line_bytes(self) -> int:
        """The longest line read: 32 bytes for a number or a mid of 64 letters in quotes."""
        longest_mid = max((len(mid.encode()) for mid in self.mids), default=0)
        return _BYTES_PER_LINE + len(self.mids) * max(_BYTES_PER_NUMBER, longest_mid + 3)

    @property
    def most_bytes(self) -> int:
        """The largest file taken, inclusive."""
        per_line = _BYTES_PER_LINE + len(self.mids) * _BYTES_PER_NUMBER
        return self.most_line_bytes + len(self.names) * per_line


@dataclass(frozen=True, slots=True)
class ReadPredictions:
    """Scores (n_clips, n_classes) in the order expected; -inf for labels that were not named."""

    scores: NDArray[np.float64]
    names_only: bool


def read_submission(handle: BinaryIO, expected: Expected) -> ReadPredictions:
    """Read predictions from a binary file.

    Raises
    ------
    SubmissionMalformed
        With up to 20 problems, each with its line and column; reading stops at the twentieth.

    Notes
    -----
    Memory: the scores and one line. 10,000 clips of 200 classes take about half a second.
    """
    return _Reader(handle, expected).read()


class _Reader:
    def __init__(self, handle: BinaryIO, expected: Expected) -> None:
        self._handle, self._expected = handle, expected
        self._problems: list[Problem] = []
        self._row = {name: i for i, name in enumerate(expected.names)}
        self._class = {mid: i for i, mid in enumerate(expected.mids)}
        self._label = {label: i for i, label in enumerate(expected.labels)} | self._class
        self._line_of: dict[str, int] = {}
        self._scores = np.full((len(expected.names), len(expected.mids)), -np.inf)
        self._last_line = 0

    def read(self) -> ReadPredictions:
        lines = self._lines()
        line, header = next(lines, (0, None))
        if header is None:
            self._stop(1, 1, Kind.EMPTY_FILE)
        names_only = self._expected.takes_labels and header == [FNAME, LABEL]
        columns = [] if names_only else self._read_header(line, header)
        for line, cells in lines:
            row = self._read_fname(line, cells, 2 if names_only else len(columns))
            if row is None:
                continue
            if names_only:
                self._read_labels(line, row, cells[1])
            else:
                self._read_scores(line, row, cells, columns)
        for name in self._expected.names:
            if name not in self._line_of:
                self._note(self._last_line + 1, 1, Kind.MISSING_FNAME, {"received": name})
        if self._problems:
            raise SubmissionMalformed(self._problems, is_cut=False)
        return ReadPredictions(self._scores, names_only)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        most = self._expected.most_line_bytes
        line = n_bytes = 0
        while raw := self._handle.readline(most + 1):
            line, n_bytes = line + 1, n_bytes + len(raw)
            if line == 1:
                if raw.startswith(_UTF16):
                    self._stop(1, 1, Kind.UTF16)
                raw = raw.removeprefix(_BOM)
            if len(raw) > most:
                self._stop(line, 1, Kind.LONG_LINE, {"most": str(most)})
            if n_bytes > self._expected.most_bytes:
                self._stop(line, 1, Kind.TOO_LARGE, {"most": str(self._expected.most_bytes)})
            self._last_line = line
            cells = self._cells(line, raw)
            if cells:
                yield line, cells

    def _cells(self, line: int, raw: bytes) -> list[str]:
        try:
            text = raw.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            byte = f"0x{raw[error.start]:02x}"
            self._stop(line, raw[: error.start].count(b",") + 1, Kind.NOT_UTF8, {"received": byte})
        if "\r" in text:
            self._stop(line, 1, Kind.LINE_ENDS)
        if '"' not in text:
            return text.split(",") if text else []
        try:
            return next(csv.reader([text]), [])
        except csv.Error:
            self._stop(line, 1, Kind.LONG_LINE, {"most": str(csv.field_size_limit())})

    def _read_header(self, line: int, header: list[str]) -> list[int]:
        """Return which class each column is of; the first, and what is of none, are -1."""
        if header[0] != FNAME:
            self._note(line, 1, Kind.HEADER_FIRST, {"received": shown(header[0])})
        first: dict[str, int] = {}
        columns = [-1]
        for number, cell in enumerate(header[1:], start=2):
            columns.append(-1)
            if cell not in self._class:
                self._note(line, number, Kind.HEADER_UNKNOWN, {"received": shown(cell)})
            elif cell in first:
                seen = {"received": shown(cell), "first": str(first[cell])}
                self._note(line, number, Kind.HEADER_TWICE, seen)
            else:
                first[cell] = number
                columns[-1] = self._class[cell]
        for mid in self._expected.mids:
            if mid not in first:
                self._note(line, len(header) + 1, Kind.HEADER_MISSING, {"received": shown(mid)})
        return columns

    def _read_fname(self, line: int, cells: list[str], n_cells: int) -> int | None:
        """Return the row of a line's clip; None where the line cannot be taken."""
        name = cells[0]
        if len(cells) != n_cells:
            counted = {"received": str(len(cells)), "allowed": str(n_cells)}
            self._note(line, min(len(cells), n_cells) + 1, Kind.N_CELLS, counted)
        if name not in self._row:
            self._note(line, 1, Kind.UNKNOWN_FNAME, {"received": shown(name)})
            return None
        if name in self._line_of:
            seen = {"received": name, "first": str(self._line_of[name])}
            self._note(line, 1, Kind.FNAME_TWICE, seen)
            return None
        self._line_of[name] = line
        return self._row[name] if len(cells) == n_cells else None

    def _read_scores(self, line: int, row: int, cells: list[str], columns: list[int]) -> None:
        numbers = _plain_numbers(cells[1:])
        if numbers is None:
            for number, cell in enumerate(cells[1:], start=2):
                if (kind := _wrong_number(cell)) is not None:
                    self._note(line, number, kind, {"received": shown(cell)})
            return
        self._scores[row, columns[1:]] = numbers

    def _read_labels(self, line: int, row: int, cell: str) -> None:
        given = cell.split()
        if not 1 <= len(given) <= MOST_LABELS:
            self._note(line, 2, Kind.N_LABELS, {"received": str(len(given))})
            return
        for rank, label in enumerate(given):
            column = self._label.get(label)
            if column is None:
                self._note(line, 2, Kind.LABEL_UNKNOWN, {"received": shown(label)})
            elif np.isfinite(self._scores[row, column]):
                self._note(line, 2, Kind.LABEL_TWICE, {"received": shown(label)})
            else:
                self._scores[row, column] = MOST_LABELS - rank

    def _note(
        self, line: int, column: int, kind: Kind, values: Mapping[str, str] | None = None
    ) -> None:
        self._problems.append(Problem(line, column, kind, dict(values or {})))
        if len(self._problems) == MOST_PROBLEMS:
            raise SubmissionMalformed(self._problems, is_cut=True)

    def _stop(
        self, line: int, column: int, kind: Kind, values: Mapping[str, str] | None = None
    ) -> NoReturn:
        """Note what makes the rest unreadable, and end."""
        self._problems.append(Problem(line, column, kind, dict(values or {})))
        raise SubmissionMalformed(self._problems, is_cut=True)


def _plain_numbers(cells: list[str]) -> list[float] | None:
    """Return finite numbers, or None if any cell is none; Python's own extras are not taken."""
    joined = "".join(cells)
    if "_" in joined or not joined.isascii():
        return None
    try:
        numbers = list(map(float, cells))
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def _wrong_number(cell: str) -> Kind | None:
    try:
        value = float(cell) if cell.isascii() and "_" not in cell else None
    except ValueError:
        value = None
    if value is None:
        return Kind.FORMULA if cell[:1] in ("=", "+", "@") else Kind.NOT_A_NUMBER
    return None if math.isfinite(value) else Kind.NOT_FINITE
