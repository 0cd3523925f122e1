"""The list of a backup's files: in SQLite, so that memory does not grow with the collection."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_TABLE = """
CREATE TABLE IF NOT EXISTS files (root TEXT, path TEXT, sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, PRIMARY KEY (root, path)) WITHOUT ROWID
"""
_PAGE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a backup. ``mtime_ns`` is 0 where only the content says whether it changed."""

    root: str
    path: str
    sha256: str
    n_bytes: int
    mtime_ns: int


class FileList:
    """The files of one backup, by root and path."""

    def __init__(self, place: Path) -> None:
        self._list = sqlite3.connect(place)
        self._list.execute(_TABLE)

    def add(self, file: KeptFile) -> None:
        """Put a file on the list."""
        row = (file.root, file.path, file.sha256, file.n_bytes, file.mtime_ns)
        self._list.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", row)

    def find(self, root: str, path: str) -> KeptFile | None:
        """Return the file of that name, None when it is not listed."""
        query = "SELECT * FROM files WHERE root = ? AND path = ?"
        row = self._list.execute(query, (root, path)).fetchone()
        return KeptFile(*row) if row else None

    def totals(self) -> tuple[int, int]:
        """Return how many files there are and how many bytes in all."""
        return self._list.execute("SELECT count(*), coalesce(sum(bytes), 0) FROM files").fetchone()

    def __iter__(self) -> Iterator[KeptFile]:
        """Yield every file in order, a page of rows at a time."""
        query = "SELECT * FROM files WHERE (root, path) > (?, ?) ORDER BY root, path LIMIT ?"
        last = ("", "")
        while rows := self._list.execute(query, (*last, _PAGE_ROWS)).fetchall():
            yield from (KeptFile(*row) for row in rows)
            last = rows[-1][:2]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._list.commit()
        self._list.close()
