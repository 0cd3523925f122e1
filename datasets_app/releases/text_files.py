"""Writes csv and JSON that come out the same, byte for byte, wherever they are written."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class CsvFile:
    """A csv file written row by row: UTF-8, newline ``\\n``, quotes only where needed."""

    def __init__(self, path: Path, columns: Sequence[str] = ()) -> None:
        """Open the file and write the header, if there are columns."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._handle, lineterminator="\n")
        if columns:
            self.add(*columns)

    def add(self, *cells: object) -> None:
        """Write one row."""
        self._writer.writerow(cells)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handle.close()


class JsonObjectFile:
    """A JSON object written entry by entry, one a line; the caller brings the keys in order."""

    def __init__(self, path: Path) -> None:
        """Open the file and the object."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = path.open("w", encoding="utf-8", newline="\n")
        self._handle.write("{")
        self._separator = "\n"

    def add(self, key: str, value: object) -> None:
        """Write one entry."""
        self._handle.write(f"{self._separator}{_dumps(key)}: {_dumps(value)}")
        self._separator = ",\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._handle.write("\n}\n")
        self._handle.close()


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a whole csv file; no columns, no header."""
    with CsvFile(path, columns) as table:
        for row in rows:
            table.add(*row)


def write_json(path: Path, value: Any) -> None:
    """Write a whole JSON file, its keys sorted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)
