"""Writes the audit trail. Callers do so inside the transaction that changes the record."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from datasets_app.audit.models import AuditEvent


def record_event(
    *,
    actor: AbstractBaseUser | None,
    verb: str,
    record: models.Model,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Append one event. ``actor`` is None for a command run on the machine itself."""
    return AuditEvent.objects.create(
        actor=actor,
        verb=verb,
        record_type=record._meta.model_name or "",
        record_id=str(record.pk),
        before=dict(before or {}),
        after=dict(after or {}),
    )
