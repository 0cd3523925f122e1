"""Several small writes as one message to the database.

An answer writes four rows or so. Sent one by one each waits for the server once; PostgreSQL takes
them all in one message, in their order. SQLite has no server to wait for and gets them one by one.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection, models


class WriteBatch:
    """Statements to be run together in the present transaction."""

    def __init__(self) -> None:
        self._statements: list[tuple[str, list[Any]]] = []

    def insert(self, *records: models.Model, replacing: Sequence[str] = (), by: str = "") -> None:
        """Add rows of one table, at least one, in one statement.

        With ``replacing`` its fields replace those of the row that has the same ``by``.
        """
        meta, fields = records[0]._meta, _written_fields(type(records[0]))
        columns = ", ".join(f'"{field.column}"' for field in fields)
        row = f"({', '.join(['%s'] * len(fields))})"
        rows = ", ".join([row] * len(records))
        text = f'INSERT INTO "{meta.db_table}" ({columns}) VALUES {rows}'  # noqa: S608  # nosec B608
        if replacing:
            named = [meta.get_field(name).column for name in replacing]
            sets = ", ".join(f'"{column}" = EXCLUDED."{column}"' for column in named)
            text += f' ON CONFLICT ("{meta.get_field(by).column}") DO UPDATE SET {sets}'  # nosec B608
        values = [_prepared(f, getattr(record, f.attname)) for record in records for f in fields]
        self._statements.append((text, values))

    def update(self, model: type[models.Model], pk: int, fields: Mapping[str, Any]) -> None:
        """Set fields of one row."""
        found = [(model._meta.get_field(name), value) for name, value in fields.items()]
        sets = ", ".join(f'"{field.column}" = %s' for field, _ in found)
        text = f'UPDATE "{model._meta.db_table}" SET {sets} WHERE "id" = %s'  # noqa: S608  # nosec B608
        self._statements.append((text, [*(_prepared(f, value) for f, value in found), pk]))

    def run(self) -> None:
        """Send what was gathered."""
        statements, self._statements = self._statements, []
        if not statements:
            return
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                texts = "; ".join(text for text, _ in statements)
                cursor.execute(texts, [value for _, values in statements for value in values])
                return
            for text, values in statements:
                cursor.execute(text, values)


@cache
def _written_fields(model: type[models.Model]) -> tuple[models.Field, ...]:
    """All columns but the key, which the database gives."""
    return tuple(f for f in model._meta.concrete_fields if not f.primary_key and not f.generated)


def _prepared(field: models.Field, value: Any) -> Any:
    return field.get_db_prep_save(value, connection)
