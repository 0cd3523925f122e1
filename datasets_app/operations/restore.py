"""Puts a backup where the settings point; looks at all of it before it touches anything."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader

from datasets_app.operations.backup import first_problems, verify_backup
from datasets_app.operations.file_list import FileList, KeptFile
from datasets_app.operations.layout import (
    FILE_LIST,
    JOBS,
    MEDIA,
    RELEASES,
    BackupError,
    Description,
    object_path,
    read_description,
)
from datasets_app.operations.postgres_programs import load_dump, program
from datasets_app.releases.manifest import hash_file, is_safe_path

OnProgress = Callable[[int, int], None]
_TELLTALES = ("datasets_app_user", "datasets_app_collection")
"""Tables whose rows show that a database is in use."""


_NEW_SCHEMA = """
DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO PUBLIC;
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and the migrations that this Harken has and the backup had not."""

    description: Description
    migrations_to_apply: list[str]


def restore(
    *,
    folder: Path,
    place: Path,
    replace: bool = False,
    on_progress: OnProgress = lambda done, total: None,
) -> Restored:
    """Restore a backup into the database and the var folder of the settings.

    Everything is checked first: every hash, the database's kind and version, that this Harken knows
    the backup's migrations, that there is room, and that nothing is in the way. Then come the
    files, then, in one step, the database: an interrupted restore leaves a database as it was, and
    can be run again. Releases are put into ``releases`` in the var folder, as their records then
    say. The site and the workers must not run meanwhile.

    Parameters
    ----------
    replace
        Restore over a database that is in use and over files that differ; other files stay.

    Raises
    ------
    BackupError
        Something did not fit; the sentence says what, and nothing was touched. Or the counts of
        records after restoring are not those of the backup.
    """
    description = read_description(place)
    missing = _check_it_fits(description)
    problems = verify_backup(folder=folder, place=place, on_progress=_half(on_progress, 0))
    if problems:
        raise BackupError(
            f"{place} is not sound; nothing was restored:\n{first_problems(problems)}"
        )
    if not replace:
        _check_database_is_free()
    connections.close_all()
    if description.vendor == "sqlite":
        _leave_wal(Path(connection.settings_dict["NAME"]))
    with FileList(place / FILE_LIST) as files:
        _check_files_fit(folder, files, replace=replace)
        for done, file in enumerate(files, start=1):
            _put_file(folder, file)
            _half(on_progress, 1)(done, description.n_files)
    statements = _new_release_paths(description)
    if description.vendor == "sqlite":
        _load_sqlite(place / description.database_file, statements)
    else:
        load_dump(place / description.database_file, before=_NEW_SCHEMA, after=statements)
    _check_counts(description)
    return Restored(description, missing)


def _half(on_progress: OnProgress, number: int) -> OnProgress:
    """Report the first (0) or second (1) half of the work."""
    return lambda done, total: on_progress(number * total + done, 2 * total)


def _check_it_fits(description: Description) -> list[str]:
    """Return the migrations that remain to be applied after restoring.

    Raises
    ------
    BackupError
        The backup is of another kind of database, or of a Harken that this one does not know yet.
    """
    if description.vendor != connection.vendor:
        raise BackupError(
            f"The backup is of a {description.vendor} database and DATABASE_URL names one of "
            f"{connection.vendor}; restore it into a {description.vendor} database."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = sorted(set(description.migrations) - known)
    if unknown:
        raise BackupError(
            f"The backup was made by Harken {description.harken_version} and has migrations that "
            f"this one, {version('harken')}, lacks: {', '.join(unknown[:5])}. Install that version "
            "or a newer one."
        )
    if description.vendor == "postgresql":
        _check_server(description)
    return sorted(known - set(description.migrations))


def _check_server(description: Description) -> None:
    for name in ("psql", "pg_restore"):
        program(name)
    connection.ensure_connection()
    here = connection.connection.server_version
    if here // 10_000 < description.server_version // 10_000:
        raise BackupError(
            f"The backup is of PostgreSQL {description.server_version // 10_000} and the server "
            f"here is {here // 10_000}; restore it into the same version or a newer one."
        )


def _check_database_is_free() -> None:
    present = set(connection.introspection.table_names())
    for table in _TELLTALES:
        if table not in present:
            continue
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608  # nosec B608
            n_rows = cursor.fetchone()[0]
        if n_rows:
            raise BackupError(
                f"The database is in use: {table} has {n_rows} rows. Name an empty one in "
                "DATABASE_URL, or say --replace to lose what it holds."
            )


def _check_files_fit(folder: Path, files: FileList, *, replace: bool) -> None:
    """Look for files in the way, and for room."""
    needed = 0
    for file in files:
        target = _target(file)
        if not target.exists():
            needed += file.n_bytes
        elif not replace and not _is_same(target, file):
            raise BackupError(
                f"{target} is in the way and differs from the backup's; name an empty folder in "
                "HARKEN_VAR_DIR, or say --replace to write over it."
            )
    free = shutil.disk_usage(settings.VAR_DIR).free
    if needed > free:
        raise BackupError(
            f"{settings.VAR_DIR} has room for {free} bytes and {needed} are needed; name another "
            "folder in HARKEN_VAR_DIR."
        )


def _target(file: KeptFile) -> Path:
    """Return where a file goes.

    Raises
    ------
    BackupError
        The list names a place outside of the var folder.
    """
    roots = {
        MEDIA: Path(settings.MEDIA_ROOT),
        JOBS: Path(settings.JOBS_DIR),
        RELEASES: _releases_folder(),
    }
    if file.root not in roots or not is_safe_path(file.path):
        raise BackupError(f"The backup lists {file.path[:80]!r}, which is no plain path.")
    return roots[file.root] / file.path


def _releases_folder() -> Path:
    return Path(settings.VAR_DIR).resolve() / RELEASES


def _is_same(target: Path, file: KeptFile) -> bool:
    return (
        target.is_file()
        and target.stat().st_size == file.n_bytes
        and hash_file(target) == file.sha256
    )


def _put_file(folder: Path, file: KeptFile) -> None:
    """Copy an object to its place; it gets its name when it is whole."""
    target = _target(file)
    if _is_same(target, file):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name[:200]}.restoring")
    shutil.copyfile(object_path(folder, file.sha256), partial)
    partial.replace(target)


def _new_release_paths(description: Description) -> list[str]:
    """Return the SQL that tells each release's record where its files are now."""
    statements = []
    table = (
        "datasets_app_release" if description.vendor == "sqlite" else "public.datasets_app_release"
    )
    for release in description.releases:
        path = str(_releases_folder() / release.folder).replace("'", "''")
        statements.append(f"UPDATE {table} SET path = '{path}' WHERE id = {int(release.id)};")  # noqa: S608  # nosec B608
    return statements


def _load_sqlite(source: Path, statements: list[str]) -> None:
    """Put a SQLite file in the database's place, in one step."""
    target = Path(connection.settings_dict["NAME"])
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.restoring")
    shutil.copyfile(source, partial)
    with closing(sqlite3.connect(partial)) as copy, copy:
        for statement in statements:
            copy.execute(statement)
    _leave_wal(target)
    partial.replace(target)


def _leave_wal(target: Path) -> None:
    """Fold a database's journal into it; a leftover one would be played into the restored file.

    Raises
    ------
    BackupError
        A process has the database open.
    """
    if not target.exists():
        return
    with closing(sqlite3.connect(target, timeout=1)) as old:
        try:
            mode = old.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        except sqlite3.OperationalError:
            mode = "wal"
    if mode != "delete":
        raise BackupError(f"{target} is open in another process; stop the site and the workers.")


def _check_counts(description: Description) -> None:
    """Compare the restored tables with the backup's."""
    found = dict(_counts(description))
    wrong = [
        f"{table} has {found[table]} rows, not {n_rows}"
        for table, n_rows in description.counts.items()
        if found[table] != n_rows
    ]
    if wrong:
        raise BackupError(f"The restored database is not that of the backup: {'; '.join(wrong)}.")


def _counts(description: Description) -> Iterator[tuple[str, int]]:
    with connection.cursor() as cursor:
        for table in description.counts:
            try:
                cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608  # nosec B608
            except DatabaseError:
                yield table, -1
            else:
                yield table, cursor.fetchone()[0]
