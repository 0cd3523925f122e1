"""Decisions on conflicts, each with its reason."""

import uuid

from django.db import models
from django.db.models import Q

from datasets_app.domain.labels.adjudication import LONGEST_REASON
from datasets_app.domain.votes.answers import Answer
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator


class Adjudication(models.Model):
    """An adjudicator's decision on a nomination, append-only.

    The last one that was not withdrawn decides the label; the others are its history.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    nomination = models.ForeignKey(
        Nomination, on_delete=models.CASCADE, related_name="adjudications"
    )
    annotator = models.ForeignKey(Annotator, on_delete=models.PROTECT, related_name="adjudications")
    answer = models.CharField(max_length=3, choices=[(a.value, a.value) for a in Answer])
    reason = models.CharField(max_length=LONGEST_REASON)
    idempotency_key = models.UUIDField(unique=True)
    decided_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="adjudication_has_a_reason")
        ]

    def __str__(self) -> str:
        return f"{self.answer}: {self.reason}"


class AdjudicationLease(models.Model):
    """Who is looking at a conflict until when."""

    nomination = models.OneToOneField(Nomination, on_delete=models.CASCADE, related_name="+")
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.nomination_id} with {self.annotator_id}"
