"""What the tables of a database take on disk, indexes included."""

from dataclasses import dataclass

import psycopg2

_READ = """
SELECT relname, reltuples::bigint, pg_table_size(oid), pg_indexes_size(oid)
FROM pg_class WHERE relkind = 'r' AND relname LIKE 'datasets_app_%' AND reltuples >= 1000
ORDER BY pg_total_relation_size(oid) DESC LIMIT 8
"""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: rows as the last ANALYZE counted them, and bytes."""

    n_rows: int
    n_bytes: int
    n_index_bytes: int

    @property
    def bytes_per_row(self) -> float:
        """Of the table and its indexes."""
        return (self.n_bytes + self.n_index_bytes) / max(self.n_rows, 1)


def table_sizes(url: str) -> dict[str, Table]:
    """Return the largest tables by name, largest first."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_READ)
            rows = cursor.fetchall()
    finally:
        connection.close()
    return {name.removeprefix("datasets_app_"): Table(*sizes) for name, *sizes in rows}
