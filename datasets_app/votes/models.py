"""People's answers to nominations."""

from django.db import models

from datasets_app.domain.votes.answers import Answer
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator

ANSWER_CHOICES = [(answer.value, answer.value) for answer in Answer]


class Vote(models.Model):
    """One annotator's present answer to one nomination; earlier ones are its revisions.

    An untrusted vote stays on record and outside every decision. ``heard_fraction`` is the share
    of the clip that was played, 0 to 1 or more when heard again.
    """

    class Task(models.TextChoices):
        """Where the answer was given."""

        VALIDATION = "validation"
        IMPORT = "import"
        SIMULATION = "simulation"

    nomination = models.ForeignKey(
        Nomination, on_delete=models.CASCADE, related_name="votes", db_index=False
    )
    annotator = models.ForeignKey(Annotator, on_delete=models.PROTECT, related_name="votes")
    answer = models.CharField(max_length=3, choices=ANSWER_CHOICES)
    task = models.CharField(max_length=16, choices=Task)
    is_trusted = models.BooleanField(default=True)
    is_expert = models.BooleanField(default=False)
    heard_fraction = models.FloatField(null=True, blank=True)
    gain_db = models.FloatField(null=True, blank=True)
    seconds_taken = models.FloatField(null=True, blank=True)
    idempotency_key = models.UUIDField(null=True, blank=True, unique=True)
    cast_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["nomination", "annotator"], name="vote_once"),
            models.CheckConstraint(
                condition=models.Q(answer__in=[a.value for a in Answer]), name="vote_is_an_answer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer} by {self.annotator_id} on {self.nomination_id}"


class VoteRevision(models.Model):
    """An answer that its annotator has since replaced."""

    vote = models.ForeignKey(Vote, on_delete=models.CASCADE, related_name="revisions")
    answer = models.CharField(max_length=3, choices=ANSWER_CHOICES)
    idempotency_key = models.UUIDField(null=True, blank=True, db_index=True)
    cast_at = models.DateTimeField()
    replaced_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.answer}, replaced {self.replaced_at:%Y-%m-%d}"
