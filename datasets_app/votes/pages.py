"""Pages of the queue: who has which nominations before them, and until when."""

import uuid

from django.db import models
from django.db.models import Q

from datasets_app.clips.models import Collection
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator


class Page(models.Model):
    """Some nominations of one class handed to one annotator; open until closed or expired.

    Closing it holds its verification clips against their known answers, once. A page that has
    ``has_failed`` leaves its votes on record, outside every decision; so do pages opened while the
    annotator is not trusted in the class, until one is passed (``is_trusted``).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    annotator = models.ForeignKey(
        Annotator, on_delete=models.CASCADE, related_name="pages", db_index=False
    )
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    sound_class = models.ForeignKey(SoundClass, on_delete=models.CASCADE, related_name="+")
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    is_trusted = models.BooleanField(default=True)
    has_failed = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["annotator", "collection", "sound_class", "id"], name="page_of"),
            models.Index(
                fields=["expires_at"], condition=Q(closed_at__isnull=True), name="page_to_close"
            ),
        ]

    def __str__(self) -> str:
        return f"page {self.uuid}"


class Lease(models.Model):
    """A nomination on an open page, in its place there (0, 1, ...).

    It takes one of the nomination's seats while it is unanswered and its page is open and not
    expired. Closing the page ends it.
    """

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="leases")
    nomination = models.ForeignKey(
        Nomination, on_delete=models.CASCADE, related_name="leases", db_index=False
    )
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()
    is_answered = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["nomination", "annotator"], name="lease_once")
        ]

    def __str__(self) -> str:
        return f"{self.nomination_id} for {self.annotator_id}"


class QueuePlace(models.Model):
    """Where an annotator's walk through a class's queue goes on: behind this nomination.

    Everything before it was theirs already or taken. ``exhausted_at`` is the class's
    ``n_openings`` when the walk came to the end and found nothing at all.
    """

    annotator = models.ForeignKey(
        Annotator, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    sound_class = models.ForeignKey(SoundClass, on_delete=models.CASCADE, related_name="+")
    priority = models.FloatField(null=True, blank=True)
    shuffle = models.FloatField(null=True, blank=True)
    nomination_id_before = models.BigIntegerField(null=True, blank=True)
    exhausted_at = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "collection", "sound_class"], name="queue_place_once"
            )
        ]

    def __str__(self) -> str:
        return f"place of {self.annotator_id} in {self.sound_class_id}"
