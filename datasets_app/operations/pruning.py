"""Deletes old backups, and the files that no backup needs any more."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from datasets_app.operations.backup import hold_folder
from datasets_app.operations.file_list import FileList
from datasets_app.operations.layout import FILE_LIST, BackupError, backups_in


def prune_backups(*, folder: Path, keep: int) -> int:
    """Keep the latest ``keep`` backups of a folder; return how many were deleted.

    A backup is out of sight before the first of its files goes. Interrupted, the next run deletes
    what is left.

    Raises
    ------
    BackupError
        ``keep`` is less than 1, or a backup is being written into the folder.
    """
    if keep < 1:
        raise BackupError(f"{keep} backups cannot be kept; keep 1 or more.")
    with hold_folder(folder):
        old = backups_in(folder)[:-keep]
        for place in old:
            hidden = place.with_name(f".{place.name}")
            place.rename(hidden)
            shutil.rmtree(hidden)
        _delete_objects_without_backup(folder)
    return len(old)


def _delete_objects_without_backup(folder: Path) -> None:
    """Delete what no list names; the hashes that lists name are gathered on the disk."""
    with (
        tempfile.NamedTemporaryFile(dir=folder, prefix=".needed-") as file,
        closing(sqlite3.connect(file.name)) as needed,
    ):
        needed.execute("CREATE TABLE needed (sha256 TEXT PRIMARY KEY) WITHOUT ROWID")
        for place in backups_in(folder):
            with FileList(place / FILE_LIST) as files:
                hashes = ((kept.sha256,) for kept in files)
                needed.executemany("INSERT OR IGNORE INTO needed VALUES (?)", hashes)
        for kept in (folder / "objects").glob("[0-9a-f][0-9a-f]/*"):
            query = "SELECT 1 FROM needed WHERE sha256 = ?"
            if needed.execute(query, (kept.name,)).fetchone() is None:
                kept.unlink()
