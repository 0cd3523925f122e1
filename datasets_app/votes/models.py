"""People's answers to nominations."""

from django.conf import settings
from django.db import models

from datasets_app.clips.models import Clip
from datasets_app.domain.votes.answers import Answer
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator
from datasets_app.votes.pages import Page

ANSWER_CHOICES = [(answer.value, answer.value) for answer in Answer]


class Vote(models.Model):
    """One annotator's present answer to one nomination; earlier ones are its revisions.

    An untrusted vote stays on record and outside every decision. ``heard_fraction`` is the share
    of the clip that was played, 0 to 1 or more when heard again; ``gain_db`` the gain it was played
    with. ``page`` is the page of the queue it was given on, if any.
    """

    class Task(models.TextChoices):
        """Where the answer was given."""

        VALIDATION = "validation"
        REFINEMENT = "refinement"
        IMPORT = "import"
        SIMULATION = "simulation"

    nomination = models.ForeignKey(
        Nomination, on_delete=models.CASCADE, related_name="votes", db_index=False
    )
    annotator = models.ForeignKey(
        Annotator, on_delete=models.PROTECT, related_name="votes", db_index=False
    )
    answer = models.CharField(max_length=3, choices=ANSWER_CHOICES)
    task = models.CharField(max_length=16, choices=Task)
    is_trusted = models.BooleanField(default=True)
    is_expert = models.BooleanField(default=False)
    heard_fraction = models.FloatField(null=True, blank=True)
    gain_db = models.FloatField(null=True, blank=True)
    seconds_taken = models.FloatField(null=True, blank=True)
    comment = models.TextField(blank=True)
    page = models.ForeignKey(
        Page, null=True, blank=True, on_delete=models.SET_NULL, related_name="votes"
    )
    idempotency_key = models.UUIDField(null=True, blank=True, unique=True)
    cast_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["annotator", "-cast_at"], name="vote_of_annotator")]
        constraints = [
            models.UniqueConstraint(fields=["nomination", "annotator"], name="vote_once"),
            models.CheckConstraint(
                condition=models.Q(answer__in=[a.value for a in Answer]), name="vote_is_an_answer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer} by {self.annotator_id} on {self.nomination_id}"


class VoteRevision(models.Model):
    """An answer that its annotator has since replaced or taken back (then it has no vote).

    ``replaced_by_key`` is the idempotency key of what replaced it.
    """

    vote = models.ForeignKey(
        Vote, null=True, blank=True, on_delete=models.SET_NULL, related_name="revisions"
    )
    nomination = models.ForeignKey(Nomination, on_delete=models.CASCADE, related_name="revisions")
    annotator = models.ForeignKey(Annotator, on_delete=models.PROTECT, related_name="revisions")
    answer = models.CharField(max_length=3, choices=ANSWER_CHOICES)
    comment = models.TextField(blank=True)
    idempotency_key = models.UUIDField(null=True, blank=True, db_index=True)
    replaced_by_key = models.UUIDField(null=True, blank=True, db_index=True)
    cast_at = models.DateTimeField()
    replaced_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.answer}, replaced {self.replaced_at:%Y-%m-%d}"


class ClipReport(models.Model):
    """Someone says that a clip should not be here; a curator keeps it or withdraws it."""

    class Reason(models.TextChoices):
        """What is wrong with it."""

        NOT_PLAYABLE = "not_playable"
        NOT_THIS_KIND = "not_this_kind"
        PERSONAL_DATA = "personal_data"
        OFFENSIVE = "offensive"
        WRONG_LICENCE = "wrong_licence"
        OTHER = "other"

    class Outcome(models.TextChoices):
        """What a curator made of it; OPEN until then."""

        OPEN = "open"
        KEPT = "kept"
        WITHDRAWN = "withdrawn"

    clip = models.ForeignKey(Clip, on_delete=models.CASCADE, related_name="reports")
    nomination = models.ForeignKey(
        Nomination, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    annotator = models.ForeignKey(Annotator, on_delete=models.PROTECT, related_name="reports")
    reason = models.CharField(max_length=16, choices=Reason)
    comment = models.TextField(blank=True)
    idempotency_key = models.UUIDField(unique=True)
    reported_at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.OPEN)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["outcome", "reported_at"], name="report_to_resolve")]

    def __str__(self) -> str:
        return f"{self.reason} of {self.clip_id}: {self.outcome}"
