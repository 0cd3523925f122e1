"""Who is told of what happens to a collection, and each telling."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Collection

LONGEST_ADDRESS = 500
LONGEST_SNIPPET = 500
LONGEST_PROBLEM = 500


class Webhook(models.Model):
    """An address that is told of a collection's events, each one signed.

    The secret itself is nowhere: it is derived from ``nonce`` and the site's SECRET_KEY, and
    ``secret_sha256`` tells whether that key is still the same. ``failing_since`` and ``n_failures``
    are counted from the last success.
    """

    class State(models.TextChoices):
        """Whether it is told: paused by a person, or switched off after failing for days."""

        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")
        OFF = "off", _("switched off")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="webhooks")
    address = models.CharField(max_length=LONGEST_ADDRESS)
    events = models.JSONField(default=list)
    nonce = models.CharField(max_length=64)
    secret_sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    off_reason = models.CharField(max_length=LONGEST_PROBLEM, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    n_failures = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.address


class WebhookDelivery(models.Model):
    """One event for one webhook, until it has arrived or is given up.

    ``body`` is kept as it is sent, so that every attempt sends the same bytes. ``event`` is None
    for a test. Whoever sends it holds it until ``leased_until`` under the random ``lease``.
    """

    class State(models.TextChoices):
        """Waiting for its next attempt, arrived, or given up."""

        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        DEAD = "dead", _("given up")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    event = models.ForeignKey(
        AuditEvent,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    name = models.CharField(max_length=64)
    body = models.TextField()
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    n_attempts = models.PositiveSmallIntegerField(default=0)
    begun_at = models.DateTimeField()
    next_at = models.DateTimeField()
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=LONGEST_PROBLEM, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "event"], name="event_once_per_webhook")
        ]
        indexes = [
            models.Index(fields=["webhook", "id"], name="delivery_in_order"),
            models.Index(
                fields=["webhook", "next_at", "id"],
                condition=Q(state="waiting"),
                name="delivery_that_waits",
            ),
            models.Index(
                fields=["ended_at"], condition=Q(ended_at__isnull=False), name="delivery_ended"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.uuid}"


class WebhookAttempt(models.Model):
    """One try of a delivery and what came back; ``status`` is None when nothing did."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    took_s = models.FloatField(default=0.0)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=LONGEST_PROBLEM, blank=True)
    snippet = models.CharField(max_length=LONGEST_SNIPPET, blank=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.status or self.problem}"


class WebhookCursor(models.Model):
    """How far the audit trail was read: every event up to ``event_id`` (inclusive) was seen."""

    event_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"up to event {self.event_id}"
