"""The database of a run: SQLite in its folder, or a new PostgreSQL database dropped afterwards."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql


class NotMeasurable(ValueError):
    """The address is of a database that the benchmark cannot set up."""


@contextmanager
def own_database(url: str) -> Iterator[tuple[str, str]]:
    """Yield the kind ("sqlite" or "postgresql") and address of a database of the run's own.

    An empty address stands for SQLite in the run's var folder. The user of a PostgreSQL address
    must be allowed to create databases; the database the address names is only connected to.

    Raises
    ------
    NotMeasurable
        The address is of another kind.
    """
    if not url:
        yield "sqlite", ""
        return
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise NotMeasurable(
            f"DATABASE_URL is of kind {parts.scheme!r}; leave it empty for SQLite or give a "
            "postgresql address."
        )
    name = f"harken_bench_{os.getpid()}"
    _change(url, "CREATE DATABASE {}", name)
    try:
        yield "postgresql", urlunsplit(parts._replace(path=f"/{name}"))
    finally:
        _change(url, "DROP DATABASE {} WITH (FORCE)", name)


def _change(url: str, statement: str, name: str) -> None:
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True  # databases are not made or dropped inside a transaction
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))
    finally:
        connection.close()
