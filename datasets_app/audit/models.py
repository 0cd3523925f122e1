"""Who did what to which record."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models

from datasets_app.audit.guard import SENTENCE


class AuditTrailIsKept(RuntimeError):
    """Something would have changed or deleted an event; events are only added."""

    def __init__(self) -> None:
        super().__init__(SENTENCE)


class AppendOnly(models.QuerySet):
    """Rows that are added and read, and neither changed nor deleted."""

    def update(self, **_fields: Any) -> NoReturn:
        """Refuse."""
        raise AuditTrailIsKept

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AuditTrailIsKept


class AuditEvent(models.Model):
    """One change, append-only: here, and in the database by the triggers of ``audit.guard``.

    A service that changes many records writes one event with counts.
    """

    objects = AppendOnly.as_manager()

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    verb = models.CharField(max_length=64)
    record_type = models.CharField(max_length=64)
    record_id = models.CharField(max_length=64)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index(fields=["record_type", "record_id"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.record_type} {self.record_id}"

    def save(self, *args: Any, **named: Any) -> None:
        """Add the event; an event on record is never saved again.

        Raises
        ------
        AuditTrailIsKept
            It is on record.
        """
        if not self._state.adding:
            raise AuditTrailIsKept
        super().save(*args, **named)

    def delete(self, *_args: Any, **_named: Any) -> NoReturn:
        """Refuse.

        Raises
        ------
        AuditTrailIsKept
            Always.
        """
        raise AuditTrailIsKept
