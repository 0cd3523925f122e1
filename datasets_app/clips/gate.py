"""Lets single answers and operations on a whole collection take turns.

An answer holds the collection's gate together with other answers; an operation that touches any
number of its nominations holds it alone. So a tally counted anew misses no answer, and none of them
waits for the other in a circle. On SQLite there is one writer at a time anyway.
"""

from django.db import connection

_LOCKS = 0x4A52
"""Keeps our advisory locks apart from those of anybody else in the same database."""


def hold_gate(*, collection_id: int, alone: bool = False) -> None:
    """Wait for the gate of a collection; the end of the present transaction lets go of it."""
    if connection.vendor == "postgresql":
        shared = "" if alone else "_shared"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_xact_lock{shared}(%s, %s)", [_LOCKS, collection_id])
