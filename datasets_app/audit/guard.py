"""What keeps the audit trail append-only, whoever asks the database: two triggers.

The site has no path that changes or deletes an event (``audit.models`` refuses both); these refuse
it to a query written by hand, to a bug, and to whoever got hold of the site's connection. Somebody
who may alter tables can drop them: that is an operator, and no longer the site.
"""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

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


def guard_audit_trail(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the triggers."""
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in _SQLITE if is_sqlite else _POSTGRESQL:
        schema_editor.execute(statement, params=None)


def unguard_audit_trail(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers away: for a migration that goes back, and nothing else."""
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for name in TRIGGERS:
        where = "" if is_sqlite else f" ON {TABLE}"
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{where}", params=None)
    if not is_sqlite:
        schema_editor.execute("DROP FUNCTION IF EXISTS refuse_audit_change()", params=None)
