"""The difference between two releases, worked out once and kept in a file that pages can ask.

Releases never change, and what happened between them lies in the past: so the difference is a file
below ``VAR_DIR``, made again at no loss. It is a SQLite database, for its indexes; the site's own
database has no part in it.
"""

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

from django.conf import settings

from datasets_app.domain.releases.label_cause import Explanation, Said
from datasets_app.releases.differences.changes import ClipRow, LabelRow, changes_between
from datasets_app.releases.models import Release

FORMAT = 1
"""Raised when the rule of causes or the tables change: older files are then made again."""
ROWS_AT_ONCE = 2000
OnProgress = Callable[[int, int], None]

_TABLES = """
CREATE TABLE clips (
    id INTEGER PRIMARY KEY, fname TEXT, what TEXT, old_part TEXT, new_part TEXT, is_withdrawn INT
);
CREATE TABLE labels (
    id INTEGER PRIMARY KEY, fname TEXT, mid TEXT, kind TEXT, cause TEXT,
    old_state TEXT, old_origin TEXT, new_state TEXT, new_origin TEXT, found TEXT, root TEXT
);
"""
_INDEXES = """
CREATE INDEX clip_by_what ON clips (what, id);
CREATE INDEX label_by_kind ON labels (kind, id);
CREATE INDEX label_by_cause ON labels (cause, kind, id);
CREATE INDEX label_by_class ON labels (mid, kind, id);
CREATE INDEX label_by_class_and_cause ON labels (mid, cause, kind, id);
"""


def difference_path(old: Release, new: Release) -> Path:
    """Return where the difference of two releases is kept."""
    name = f"{old.manifest_sha256[:32]}-{new.manifest_sha256[:32]}-{FORMAT}.sqlite3"
    return Path(settings.VAR_DIR) / "release_differences" / name


def store_difference(
    old: Release, new: Release, *, on_progress: OnProgress = lambda done, total: None
) -> Path:
    """Work out the difference of two releases and keep it; return where.

    The file appears whole or not at all; two at the same time do the work twice and keep one.

    Raises
    ------
    CollectionsDiffer, ReleaseFileError
        As ``changes_between``.
    """
    path = difference_path(old, new)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".making-", dir=path.parent)
    os.close(handle)
    try:
        with closing(sqlite3.connect(name, isolation_level=None)) as database:
            _write(database, changes_between(old, new), on_progress)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
    return path


@contextmanager
def open_difference(old: Release, new: Release) -> Iterator[sqlite3.Connection | None]:
    """Yield the kept difference of two releases for reading, None where there is none yet."""
    path = difference_path(old, new)
    if not path.is_file():
        yield None
        return
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        yield database


def _write(database: sqlite3.Connection, clips: Iterable[ClipRow], on_progress: OnProgress) -> None:
    """Fill a new file; it is dropped whole when this fails, so it needs no journal."""
    database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLES}")
    database.execute("BEGIN")
    done = 0
    for done, clip in enumerate(clips, start=1):
        if clip.old_part != clip.new_part:
            database.execute(
                "INSERT INTO clips (fname, what, old_part, new_part, is_withdrawn) "
                "VALUES (?, ?, ?, ?, ?)",
                (clip.fname, _what(clip), clip.old_part, clip.new_part, clip.is_withdrawn),
            )
        database.executemany(
            "INSERT INTO labels (fname, mid, kind, cause, old_state, old_origin, new_state, "
            "new_origin, found, root) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            map(_cells, clip.labels),
        )
        if done % ROWS_AT_ONCE == 0:
            on_progress(done, done)
    on_progress(done, done)
    database.execute("COMMIT")
    database.executescript(_INDEXES + "ANALYZE;")


def _what(clip: ClipRow) -> str:
    if clip.new_part is None:
        return "removed"
    return "added" if clip.old_part is None else "moved"


def _cells(row: LabelRow) -> tuple[str | None, ...]:
    return (
        row.fname,
        row.mid,
        row.kind.value,
        row.explanation.cause.value,
        *_said(row.before),
        *_said(row.now),
        _as_json(row.explanation),
        _as_json(row.root) if row.root else None,
    )


def _said(said: Said | None) -> tuple[str | None, str | None]:
    return (said[0].value, said[1].value) if said else (None, None)


def _as_json(found: Explanation) -> str:
    kept = {name: value for name, value in asdict(found).items() if value not in ((), None)}
    return json.dumps(kept, ensure_ascii=False)
