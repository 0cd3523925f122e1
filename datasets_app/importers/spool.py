"""Entries of one file put aside on disk until another file asks for them by key.

Datasets spread what they say of a clip over files in different orders. Held here, they can be
joined clip by clip with memory that does not grow with the files.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from datasets_app.importers.tables import SourceError

_MOST_KEYS = 900


class Spool:
    """Named tables of key and JSON value in a temporary file that goes with the process."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("PRAGMA cache_size = -8000")
        connection.execute(
            "CREATE TABLE entry (shelf TEXT, key TEXT, value TEXT, PRIMARY KEY (shelf, key)) "
            "WITHOUT ROWID"
        )

    def add(self, shelf: str, entries: Iterable[tuple[str, Any]], *, file: object) -> int:
        """Put entries aside; return how many.

        Raises
        ------
        SourceError
            A key stands there twice.
        """
        n_entries = 0
        for key, value in entries:
            try:
                self._connection.execute(
                    "INSERT INTO entry VALUES (?, ?, ?)", (shelf, key, json.dumps(value))
                )
            except (sqlite3.IntegrityError, UnicodeEncodeError) as error:
                fault = "is no text" if isinstance(error, UnicodeEncodeError) else "is there twice"
                raise SourceError(f"{file}: the entry {key[:40]!r} {fault}.") from error
            n_entries += 1
        return n_entries

    def find(self, shelf: str, keys: Sequence[str]) -> dict[str, Any]:
        """Return the entries of those keys that are there."""
        found: dict[str, Any] = {}
        for start in range(0, len(keys), _MOST_KEYS):
            chunk = keys[start : start + _MOST_KEYS]
            marks = ",".join("?" * len(chunk))
            rows = self._connection.execute(
                f"SELECT key, value FROM entry WHERE shelf = ? AND key IN ({marks})",  # noqa: S608  # nosec B608
                (shelf, *chunk),
            )
            found |= {key: json.loads(value) for key, value in rows}
        return found


@contextmanager
def open_spool() -> Iterator[Spool]:
    """Open an empty spool; it is gone afterwards."""
    connection = sqlite3.connect("")
    try:
        yield Spool(connection)
    finally:
        connection.close()
