"""What keeps the audit trail append-only, whoever asks the database: two triggers.

The site has no path that changes or deletes an event (``audit.models`` refuses both); these refuse
it to a query written by hand, to a bug, and to whoever got hold of the site's connection. Somebody
who may alter tables can drop them: that is an operator, and no longer the site.
"""

from collections.abc import Iterable

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "datasets_app_auditevent"
SENTENCE = "The audit trail is only ever appended to; record another event instead."
TRIGGERS = ("audit_event_keeps", "audit_event_stays")

_SQLITE = [
    f"CREATE TRIGGER {name} BEFORE {deed} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
    for name, deed in zip(TRIGGERS, ("UPDATE", "DELETE"), strict=True)
]
_POSTGRESQL = [
    "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{SENTENCE}'; END $$",
    *(
        f"CREATE TRIGGER {name} BEFORE {deed} ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()"
        for name, deed in zip(TRIGGERS, ("UPDATE", "DELETE"), strict=True)
    ),
]


def guard_audit_trail(connection: BaseDatabaseWrapper) -> None:
    """Make the triggers."""
    _run(connection, _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL)


def unguard_audit_trail(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away: for a migration that goes back, and nothing else."""
    if connection.vendor == "sqlite":
        _run(connection, [f"DROP TRIGGER IF EXISTS {name}" for name in TRIGGERS])
        return
    _run(connection, [f"DROP TRIGGER IF EXISTS {name} ON {TABLE}" for name in TRIGGERS])
    _run(connection, ["DROP FUNCTION IF EXISTS refuse_audit_change()"])


def _run(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
