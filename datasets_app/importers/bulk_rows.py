"""Writes many rows of one table at once: COPY on PostgreSQL, one prepared INSERT elsewhere.

Rows are plain tuples, several times faster than model instances and ``bulk_create``. Columns that
the caller does not name get the model's own defaults. The database still checks every constraint.
"""

import csv
import io
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import connection, models
from django.utils import timezone

ROWS_AT_ONCE = 500


def allocate_ids(model: type[models.Model], n: int) -> list[int]:
    """Return ``n`` ids that no row of the model has or will get; call it in a transaction."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [f'"{table}"'])
            sequence = cursor.fetchone()[0]
            cursor.execute(
                "SELECT array_agg(nextval(%s::regclass)) FROM generate_series(1, %s)",
                [sequence, n],
            )
            return cursor.fetchone()[0] or []
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()
    first = (last[0] if last else 0) + 1
    return list(range(first, first + n))


class BulkTable:
    """A table that takes rows of the given columns (names of attributes, as ``clip_id``)."""

    def __init__(self, model: type[models.Model], columns: Sequence[str]) -> None:
        fields = {field.attname: field for field in model._meta.concrete_fields}
        others = [f for name, f in fields.items() if name not in columns and not f.generated]
        self._made = [field for field in others if field.default is uuid.uuid4]
        self._same = [field for field in others if field.default is not uuid.uuid4]
        self._fields = [*(fields[name] for name in columns), *self._made, *self._same]
        self._table = model._meta.db_table

    def insert(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Write the rows; those of a table must come in the order in which others refer to it."""
        write = _copy if connection.vendor == "postgresql" else _execute_many
        write(self._table, self._fields, self._whole(rows))

    def _whole(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        same = tuple(_default(field) for field in self._same)
        n_made = len(self._made)
        for row in rows:
            yield (*row, *[uuid.uuid4().hex for _ in range(n_made)], *same)


def _default(field: models.Field) -> Any:
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        return moment()
    value = field.get_default()
    return json.dumps(value) if isinstance(field, models.JSONField) else value


def moment() -> Any:
    """Return now, as the database takes it."""
    return connection.ops.adapt_datetimefield_value(timezone.now())


class _CsvStream:
    """Rows as csv, made while the server takes in those before."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._rows = iter(rows)

    def read(self, _size: int = -1) -> str:
        """Return the next rows; the driver takes more than the size it asked for."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\r\n")  # so that it quotes both \r and \n
        writer.writerows(islice(self._rows, ROWS_AT_ONCE))
        return buffer.getvalue()


def _copy(table: str, fields: Sequence[models.Field], rows: Iterable[tuple[Any, ...]]) -> None:
    """Stream rows as csv; ``None`` is NULL, and an empty text stays one where NULL is refused."""
    columns = _quoted(fields)
    not_null = _quoted([field for field in fields if not field.null])
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(
            f'COPY "{table}" ({columns}) FROM STDIN WITH (FORMAT csv, FORCE_NOT_NULL ({not_null}))',
            _CsvStream(rows),
        )


def _execute_many(
    table: str, fields: Sequence[models.Field], rows: Iterable[tuple[Any, ...]]
) -> None:
    marks = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.executemany(
            f'INSERT INTO "{table}" ({_quoted(fields)}) VALUES ({marks})',  # noqa: S608  # nosec B608
            list(rows),
        )


def _quoted(fields: Sequence[models.Field]) -> str:
    return ", ".join(f'"{field.column}"' for field in fields)
