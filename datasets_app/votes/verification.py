"""Verification clips: nominations whose answer is known, hidden among the others of a page."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from datasets_app.clips.models import Collection
from datasets_app.domain.votes.answers import Answer
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator
from datasets_app.votes.pages import Page

ANSWER_CHOICES = [(answer.value, answer.value) for answer in Answer]


class GoldAnswer(models.Model):
    """The known answer to a nomination, by which annotators of its class are verified.

    While it is active its nomination is in nobody's queue. One nomination has one at most; retired,
    it stays on record.
    """

    nomination = models.OneToOneField(Nomination, on_delete=models.CASCADE, related_name="gold")
    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    sound_class = models.ForeignKey(SoundClass, on_delete=models.CASCADE, related_name="+")
    answer = models.CharField(max_length=3, choices=ANSWER_CHOICES)
    is_active = models.BooleanField(default=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    added_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["collection", "sound_class", "is_active"], name="gold_of_class")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer__in=[Answer.PP.value, Answer.PNP.value, Answer.NP.value]),
                name="gold_is_a_clear_answer",
            )
        ]

    def __str__(self) -> str:
        return f"{self.answer} for {self.nomination_id}"


class VerificationAnswer(models.Model):
    """One meeting of an annotator with a verification clip; ``answer`` is empty until given.

    ``former`` lists what they answered before, each with its idempotency key and time.
    ``expected`` is the known answer at the time.
    """

    page = models.ForeignKey(
        Page, on_delete=models.CASCADE, related_name="verifications", db_index=False
    )
    gold = models.ForeignKey(GoldAnswer, on_delete=models.CASCADE, related_name="meetings")
    annotator = models.ForeignKey(
        Annotator, on_delete=models.CASCADE, related_name="verifications", db_index=False
    )
    nomination = models.ForeignKey(
        Nomination, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    expected = models.CharField(max_length=3, choices=ANSWER_CHOICES)
    answer = models.CharField(max_length=3, blank=True, choices=ANSWER_CHOICES)
    comment = models.TextField(blank=True)
    heard_fraction = models.FloatField(null=True, blank=True)
    gain_db = models.FloatField(null=True, blank=True)
    seconds_taken = models.FloatField(null=True, blank=True)
    idempotency_key = models.UUIDField(null=True, blank=True, unique=True)
    former = models.JSONField(default=list, blank=True)
    met_at = models.DateTimeField()
    cast_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["page", "gold"], name="verified_once")]
        indexes = [
            models.Index(fields=["annotator", "nomination"], name="verification_of"),
            models.Index(fields=["nomination"], name="verification_of_nomination"),
            models.Index(fields=["annotator", "-cast_at"], name="verification_of_annotator"),
        ]

    def __str__(self) -> str:
        return f"{self.answer or 'no answer'} by {self.annotator_id}"


class Trust(models.Model):
    """An annotator's record with the verification clips of one class.

    ``n_right`` and ``n_wrong`` count judged answers; ``n_pages_since`` the pages opened since the
    last that held verification clips. Whoever has not been verified yet is trusted until they fail.
    """

    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    sound_class = models.ForeignKey(SoundClass, on_delete=models.CASCADE, related_name="+")
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="trust")
    n_right = models.PositiveIntegerField(default=0)
    n_wrong = models.PositiveIntegerField(default=0)
    n_pages_since = models.PositiveIntegerField(default=0)
    is_verified = models.BooleanField(default=False)
    is_trusted = models.BooleanField(default=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "trust"
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "sound_class", "annotator"], name="trust_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id} in {self.sound_class_id}: {self.n_right} right"
