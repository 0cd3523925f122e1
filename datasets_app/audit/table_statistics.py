"""Keeps PostgreSQL's picture of the tables up to date after many rows were written at once."""

from functools import partial

from django.db import connection, models, transaction


def refresh_statistics(*tables: type[models.Model]) -> None:
    """Have PostgreSQL count the tables anew once the present transaction is committed.

    Without it the planner takes a table that was just filled for an empty one until autovacuum
    comes by (a minute or more; never where it is off), and may choose a plan that takes dozens of
    times as long. SQLite plans by its indexes alone; there this does nothing.
    """
    if connection.vendor == "postgresql":
        transaction.on_commit(partial(_analyze, tables))


def _analyze(tables: tuple[type[models.Model], ...]) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table._meta.db_table)}")
