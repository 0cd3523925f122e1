"""Collections of recordings and who made them."""

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from datasets_app.ontology.models import Ontology
from datasets_app.people.models import User

COLLECTION_NAME = RegexValidator(
    r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z",
    "A collection's name is 1 to 64 letters, digits, dots, dashes or underscores, "
    "the first a letter or digit.",
)


class DecisionMethod(models.TextChoices):
    """How a collection's votes become labels; see ``labels.inference``."""

    RULE = "rule"
    MAJORITY = "majority"
    DAWID_SKENE = "dawid_skene"


class QueueOrder(models.TextChoices):
    """Which open nominations of a class come first; see ``domain.nominations.active_order``."""

    STANDARD = "standard", _("the clips that are quickest to decide")
    UNCERTAIN = "uncertain", _("where the model is least sure")
    THIN_CLASSES = "thin_classes", _("what most likely helps classes far from their goal")
    DIVERSE = "diverse", _("sounds unlike those already heard")


class Collection(models.Model):
    """A named body of clips, judged against one ontology.

    Nominations are made for clips of ``shortest_s`` to ``longest_s`` seconds, both inclusive
    (90 s is the upper bound of FSD50K's pipeline). A nomination asks for ``min_votes`` to
    ``max_votes`` answers (inclusive), until presence or absence has a posterior of
    ``decision_threshold``. Each class should have ``class_goal`` decided clips, unless a
    ``ClassGoal`` says otherwise; who heard its examples need not hear them again for
    ``introduction_days``. ``queue_order`` says which nominations come first. A private collection
    is seen by its ``members`` and by administrators alone; see ``clips.access``.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=64, unique=True, validators=[COLLECTION_NAME])
    ontology = models.ForeignKey(Ontology, on_delete=models.PROTECT, related_name="collections")
    shortest_s = models.FloatField(default=0.0)
    longest_s = models.FloatField(default=90.0)
    decision_method = models.CharField(
        max_length=16, choices=DecisionMethod, default=DecisionMethod.RULE
    )
    decision_threshold = models.FloatField(default=0.95)
    min_votes = models.PositiveSmallIntegerField(default=2)
    max_votes = models.PositiveSmallIntegerField(default=5)
    class_goal = models.PositiveIntegerField(default=100)
    introduction_days = models.PositiveSmallIntegerField(default=14)
    queue_order = models.CharField(max_length=16, choices=QueueOrder, default=QueueOrder.STANDARD)
    lease_s = models.PositiveIntegerField(default=1800)
    is_simulated = models.BooleanField(default=False)
    is_private = models.BooleanField(default=False)
    members = models.ManyToManyField(User, related_name="collections", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Uploader(models.Model):
    """Whoever published the recording. All clips of one uploader go to one side of a split."""

    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="uploaders", db_index=False
    )
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["collection", "name"], name="uploader_once")]

    def __str__(self) -> str:
        return self.name


class Clip(models.Model):
    """One recording, with what its publisher said of it and what was measured.

    ``media`` files (original, preview, spectrogram, peaks, fingerprint) lie under the clip's
    sha256; see ``datasets_app.clips.media``. A clip that came as metadata alone has no sha256, and
    no length unless its source states one, until ``ingest_clips`` brings the recording. Clips
    that hold the same sound share a ``duplicate_group``; see ``clips.duplicates``.
    """

    class State(models.TextChoices):
        """Withdrawn clips stay on record and are shown to nobody."""

        AVAILABLE = "available"
        WITHDRAWN = "withdrawn"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="clips", db_index=False
    )
    uploader = models.ForeignKey(Uploader, on_delete=models.PROTECT, related_name="clips")
    external_id = models.CharField(max_length=128)
    freesound_id = models.BigIntegerField(null=True, blank=True)
    suffix = models.CharField(max_length=8, blank=True)
    sha256 = models.CharField(max_length=64, null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    sample_rate_hz = models.PositiveIntegerField(null=True, blank=True)
    n_channels = models.PositiveSmallIntegerField(null=True, blank=True)
    loudness_lufs = models.FloatField(null=True, blank=True)
    title = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    tags = models.JSONField(default=list, blank=True)
    license = models.CharField(max_length=200)
    source_url = models.CharField(max_length=1000, blank=True)
    duplicate_group = models.CharField(max_length=128, null=True, blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.AVAILABLE)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "external_id"], name="clip_once"),
            models.UniqueConstraint(fields=["collection", "sha256"], name="recording_once"),
            models.CheckConstraint(
                condition=models.Q(sha256__isnull=True)
                | models.Q(
                    duration_s__isnull=False,
                    sample_rate_hz__isnull=False,
                    n_channels__isnull=False,
                ),
                name="recording_is_measured",
            ),
        ]
        indexes = [
            models.Index(fields=["collection", "id"], name="clip_in_order"),
            models.Index(
                fields=["collection", "freesound_id"],
                condition=models.Q(freesound_id__isnull=False),
                name="clip_of_freesound",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def has_recording(self) -> bool:
        """Whether the recording itself was taken in; without one a clip is metadata alone."""
        return self.sha256 is not None

    @property
    def can_be_heard(self) -> bool:
        """Whether people may be asked about it: it is available and has its recording."""
        return self.state == self.State.AVAILABLE and self.has_recording
