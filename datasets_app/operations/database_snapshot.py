"""One moment of the database: copied whole, and read in the same moment."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg2
from django.apps import apps
from django.db import connection

from datasets_app.operations.postgres_programs import check_dump, dump_database

_PAGE_ROWS = 2000


class Reader(Protocol):
    """A connection that sees one moment and nothing after it."""

    def cursor(self) -> Any: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The copy of a database and a way to read what it holds."""

    file: Path
    vendor: str
    server_version: int
    reader: Reader

    def rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query at the snapshot's moment."""
        with closing(self.reader.cursor()) as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(_PAGE_ROWS):
                yield from rows


@contextmanager
def take_snapshot(folder: Path) -> Iterator[Snapshot]:
    """Copy the database into ``folder`` while the site goes on working.

    SQLite's backup in one step holds a reader's lock only, which in WAL mode keeps no writer
    waiting. For PostgreSQL, pg_dump and the reader share one exported snapshot.

    Raises
    ------
    BackupError
        pg_dump is missing or failed.
    """
    taking = _of_sqlite if connection.vendor == "sqlite" else _of_postgres
    with taking(folder) as snapshot:
        yield snapshot


@contextmanager
def _of_sqlite(folder: Path) -> Iterator[Snapshot]:
    file = folder / "database.sqlite3"
    name = connection.settings_dict["NAME"]
    with (
        closing(sqlite3.connect(name, timeout=60)) as source,
        closing(sqlite3.connect(file)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, whatever the source's mode
        yield Snapshot(file, "sqlite", sqlite3.sqlite_version_info[0], copy)


@contextmanager
def _of_postgres(folder: Path) -> Iterator[Snapshot]:
    file = folder / "database.dump"
    parameters = connection.get_connection_params()
    wanted = {key: value for key, value in parameters.items() if key != "cursor_factory"}
    with closing(psycopg2.connect(**wanted)) as reader:
        reader.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with reader.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            dump_database(file, cursor.fetchone()[0])
        yield Snapshot(file, "postgresql", reader.server_version, reader)


def check_database_file(file: Path, vendor: str) -> str | None:
    """Return what is wrong with a copied database, None when it can be read.

    Raises
    ------
    BackupError
        pg_restore is missing or cannot read the dump.
    """
    if vendor == "postgresql":
        check_dump(file)
        return None
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
        said = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    return None if said == "ok" else f"The database of the backup is not sound: {said}."


def tables_of_harken() -> list[str]:
    """Return every table of Harken's own records."""
    models = apps.get_app_config("datasets_app").get_models(include_auto_created=True)
    return sorted(model._meta.db_table for model in models)


def count_rows(snapshot: Snapshot) -> dict[str, int]:
    """Return how many rows each of Harken's tables has at the snapshot's moment."""
    return {
        table: next(snapshot.rows(f'SELECT count(*) FROM "{table}"'))[0]  # noqa: S608  # nosec B608
        for table in tables_of_harken()
    }


def applied_migrations(snapshot: Snapshot) -> list[str]:
    """Return the migrations that made the tables, as APP.NAME."""
    rows = snapshot.rows("SELECT app, name FROM django_migrations ORDER BY app, name")
    return [f"{app}.{name}" for app, name in rows]
