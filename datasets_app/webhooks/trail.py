"""Reads the audit trail so that no event is missed, in whatever order they become visible.

On PostgreSQL an event gets its number when it is written and is seen when its transaction ends; a
long one may show number 7 after number 9 was read. A cursor that only moved on to the largest
number would miss 7. So it moves to a number only once nobody can still show a smaller one: who
writes to the trail holds a lock (ROW EXCLUSIVE) on its table from before the number is drawn to the
end of the transaction, and ``pg_locks`` tells who does. Until then what is seen beyond the cursor
is told already; the unique pair of webhook and event keeps it from being told twice. See
``docs/decisions/0010-webhooks-follow-the-audit-trail.md``.
"""

from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Max, QuerySet

from datasets_app.audit.models import AuditEvent
from datasets_app.domain.webhooks.happenings import BY_VERB
from datasets_app.webhooks.models import WebhookCursor

BATCH = 500


@dataclass(frozen=True, slots=True)
class _Mark:
    """The last event seen, and the transactions that might still show an earlier one."""

    event_id: int
    writers: frozenset[str]


@dataclass(slots=True)
class TrailReader:
    """Hands out new events in batches; each deliverer has one.

    Call ``read``, write what follows from the events, and then ``move_cursor``.
    """

    _mark: _Mark | None = None
    _seen_to: int = 0
    _safe_to: int = field(default=0, init=False)

    def read(self) -> list[AuditEvent]:
        """Return the next events that webhooks can be told of; an empty list when there are none.

        Some may be returned twice. Cost: four queries at most.
        """
        cursor = cursor_position()
        self._safe_to = cursor
        if self._mark is None or self._mark.event_id <= cursor:
            last = AuditEvent.objects.aggregate(last=Max("pk"))["last"] or 0
            self._mark = _Mark(last, _writers()) if last > cursor else None
        if self._mark is None:
            return []
        if not self._mark.writers or not self._mark.writers & _writers():
            return self._settled(cursor, self._mark.event_id)
        found = list(_events().filter(pk__gt=max(cursor, self._seen_to))[:BATCH])
        if found:
            self._seen_to = found[-1].pk
        return found

    def _settled(self, cursor: int, last: int) -> list[AuditEvent]:
        found = list(_events().filter(pk__gt=cursor, pk__lte=last)[:BATCH])
        self._safe_to = found[-1].pk if len(found) == BATCH else last
        if self._safe_to == last:
            self._mark = None
        return found

    def move_cursor(self) -> None:
        """Remember that the events read are dealt with; never moves back."""
        WebhookCursor.objects.filter(pk=1, event_id__lt=self._safe_to).update(
            event_id=self._safe_to
        )


def cursor_position() -> int:
    """Return the number up to which (inclusive) every event was dealt with."""
    cursor, _created = WebhookCursor.objects.get_or_create(pk=1)
    return cursor.event_id


def _events() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(verb__in=list(BY_VERB)).order_by("pk")


def _writers() -> frozenset[str]:
    """Return the transactions, but our own, that have written to the trail and not ended.

    SQLite has one writer at a time: numbers become visible in order.
    """
    if connection.vendor != "postgresql":
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT virtualtransaction FROM pg_locks "
            "WHERE locktype = 'relation' AND relation = %s::regclass "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()",
            [AuditEvent._meta.db_table],
        )
        return frozenset(row[0] for row in cursor.fetchall())
