"""The audit trail is added to and read; nothing changes or deletes what is on it."""

import pytest
from django.db import DatabaseError, connection, transaction

from datasets_app.audit.guard import SENTENCE, guard_audit_trail, unguard_audit_trail
from datasets_app.audit.models import AuditEvent, AuditTrailIsKept
from datasets_app.audit.services import record_event
from datasets_app.people.models import User

TABLE = AuditEvent._meta.db_table


@pytest.fixture
def event(db) -> AuditEvent:
    user = User.objects.create_user("ada")
    return record_event(actor=user, verb="grant", record=user, after={"roles": ["expert"]})


@pytest.fixture
def guarded(db) -> None:
    """The triggers as the migrations leave them; the suite runs without SQLite's second one."""
    unguard_audit_trail(connection)
    guard_audit_trail(connection)


def run(query: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(query)


def test_an_event_on_record_is_never_saved_again(event):
    event.verb = "something else"
    with pytest.raises(AuditTrailIsKept, match=SENTENCE):
        event.save()
    assert AuditEvent.objects.get().verb == "grant"


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.delete(),
        lambda event: AuditEvent.objects.all().delete(),
        lambda event: AuditEvent.objects.filter(pk=event.pk).update(verb="x"),
        lambda event: AuditEvent.objects.bulk_update([event], ["verb"]),
        lambda event: AuditEvent._base_manager.filter(pk=event.pk).update(verb="x"),
    ],
    ids=["delete", "delete all", "update", "bulk_update", "the base manager"],
)
def test_no_path_of_the_site_changes_or_deletes_one(event, change):
    with pytest.raises((AuditTrailIsKept, DatabaseError)), transaction.atomic():
        change(event)
    assert AuditEvent.objects.get().verb == "grant"


@pytest.mark.parametrize("query", [f"UPDATE {TABLE} SET verb = 'x'", f"DELETE FROM {TABLE}"])
def test_the_database_refuses_a_query_written_by_hand(event, guarded, query):
    with pytest.raises(DatabaseError, match="only ever appended to"):
        run(query)
    assert AuditEvent.objects.get().verb == "grant"


def test_what_the_migrations_leave_holds_a_change_up(event):
    with pytest.raises(DatabaseError, match="only ever appended to"):
        run(f"UPDATE {TABLE} SET verb = 'x'")
