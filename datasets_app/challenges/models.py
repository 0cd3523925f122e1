"""Challenges on a release: what is asked, who takes part, what they sent in."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from datasets_app.people.models import User
from datasets_app.releases.models import Release


class Metric(models.TextChoices):
    """What ranks the teams; ``domain.challenges.metrics`` defines each."""

    LWLRAP = "lwlrap", _("lωlrap")
    MAP_MACRO = "map_macro", _("mAP, mean of the classes")
    MAP_MICRO = "map_micro", _("mAP, all classes pooled")
    MAP_AT_3 = "map_at_3", _("MAP@3")


class Challenge(models.Model):
    """Predict the hidden eval labels of a release.

    ``classes`` are the vocabulary as [mid, released name] in the release's order. ``seed`` orders
    the anonymous names and divides public from private; it is secret and is shown nowhere.
    Submissions are taken before ``closes_at``; that instant itself is too late. ``ended_early_at``
    is set where a curator ended it before.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="challenges")
    title = models.CharField(max_length=100)
    task = models.TextField(blank=True, max_length=5000)
    metric = models.CharField(max_length=16, choices=Metric)
    classes = models.JSONField()
    seed = models.BigIntegerField()
    public_share = models.FloatField()
    daily_limit = models.PositiveSmallIntegerField()
    opened_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    ended_early_at = models.DateTimeField(null=True, blank=True)
    package_sha256 = models.CharField(max_length=64, blank=True, default="")
    package_bytes = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "title"], name="challenge_title_once"),
            models.CheckConstraint(
                condition=Q(closes_at__gt=models.F("opened_at")), name="challenge_closes_after"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def ends_at(self) -> datetime:
        """The instant from which nothing is taken: the deadline, or the earlier end."""
        return self.ended_early_at or self.closes_at


class ChallengeClip(models.Model):
    """One eval clip with its secret: the true name behind the anonymous one, side and labels.

    ``positive`` and ``undecided`` are places in the challenge's ``classes``; an undecided class
    counts neither for nor against anyone.
    """

    challenge = models.ForeignKey(
        Challenge, on_delete=models.CASCADE, related_name="clips", db_index=False
    )
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=16)
    fname = models.CharField(max_length=128)
    is_public = models.BooleanField()
    positive = models.JSONField(default=list)
    undecided = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["challenge", "position"], name="challenge_place_once"),
            models.UniqueConstraint(fields=["challenge", "fname"], name="challenge_clip_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Participation(models.Model):
    """One person's part in a challenge, under a team's name.

    ``best`` is the submission of the best public score, ``final`` that of the best private score
    among those that count; ``final`` is nobody's to see before the challenge has ended.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    challenge = models.ForeignKey(
        Challenge, on_delete=models.CASCADE, related_name="participations", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    team = models.CharField(max_length=60)
    team_key = models.CharField(max_length=180)
    joined_at = models.DateTimeField(auto_now_add=True)
    best = models.ForeignKey(
        "Submission",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    final = models.ForeignKey(
        "Submission",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    disqualified_at = models.DateTimeField(null=True, blank=True)
    disqualified_for = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["challenge", "user"], name="participates_once"),
            models.UniqueConstraint(fields=["challenge", "team_key"], name="team_name_once"),
        ]

    def __str__(self) -> str:
        return self.team


class Submission(models.Model):
    """Predictions that passed the format check, with their scores.

    ``public`` and ``private`` hold every metric of that side; the main one stands in the columns
    with its 95 % interval. ``is_chosen`` by the team; ``counts`` for the final ranking.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    participation = models.ForeignKey(
        Participation, on_delete=models.CASCADE, related_name="submissions", db_index=False
    )
    number = models.PositiveIntegerField()
    submitted_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64)
    n_bytes = models.PositiveBigIntegerField()
    public_score = models.FloatField()
    public_low = models.FloatField()
    public_high = models.FloatField()
    private_score = models.FloatField()
    private_low = models.FloatField()
    private_high = models.FloatField()
    public = models.JSONField()
    private = models.JSONField()
    is_chosen = models.BooleanField(default=False)
    counts = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["participation", "number"], name="submission_number_once"
            )
        ]
        indexes = [models.Index(fields=["participation", "submitted_at"], name="submission_by_day")]

    def __str__(self) -> str:
        return f"submission {self.number}"
