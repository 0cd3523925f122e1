"""Which clip is on which side, and which classes a release will know."""

import uuid
from enum import StrEnum

from django.db import models

from datasets_app.clips.models import Clip, Collection
from datasets_app.ontology.models import SoundClass


class TrainValStrategy(StrEnum):
    """How dev is divided: by least contamination, or as the papers' two comparisons do."""

    CONTAMINATION = "contamination"
    RANDOM = "random"
    ITERATIVE = "iterative"


class Vocabulary(models.Model):
    """The classes of a release, with the thresholds they had to meet (inclusive).

    ``wish`` is what a curator wanted whatever the thresholds say, by mids: the lists ``pin`` and
    ``forbid``, and ``merge`` from child to the class that takes its labels.
    """

    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="vocabularies"
    )
    min_dev = models.PositiveIntegerField()
    min_eval = models.PositiveIntegerField()
    wish = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "vocabularies"

    def __str__(self) -> str:
        return f"vocabulary {self.pk}"


class VocabularyClass(models.Model):
    """A class of the vocabulary, with its clips (after propagation) on either side."""

    vocabulary = models.ForeignKey(Vocabulary, on_delete=models.CASCADE, related_name="classes")
    sound_class = models.ForeignKey(SoundClass, on_delete=models.PROTECT, related_name="+")
    n_dev = models.PositiveIntegerField()
    n_eval = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "vocabulary classes"
        constraints = [
            models.UniqueConstraint(
                fields=["vocabulary", "sound_class"], name="vocabulary_class_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sound_class_id} in vocabulary {self.vocabulary_id}"


class VocabularyMerge(models.Model):
    """A class too small to stand alone, and where its labels went: a parent, or nowhere."""

    vocabulary = models.ForeignKey(Vocabulary, on_delete=models.CASCADE, related_name="merges")
    sound_class = models.ForeignKey(SoundClass, on_delete=models.PROTECT, related_name="+")
    into = models.ManyToManyField(SoundClass, related_name="+", blank=True)
    reason = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"{self.sound_class_id}: {self.reason}"


class Split(models.Model):
    """One assignment of a collection's clips to dev (train, val) and eval.

    ``parent`` is the split that this one continues: its clips are where they were there.
    ``contamination`` has the figures of each strategy by its name, and under ``chosen`` the name of
    the strategy that divided dev; it is empty for a split that came with its dataset.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="splits")
    vocabulary = models.ForeignKey(Vocabulary, on_delete=models.PROTECT, related_name="splits")
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.RESTRICT, related_name="continuations"
    )
    seed = models.BigIntegerField()
    eval_share = models.FloatField()
    val_share = models.FloatField()
    contamination = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"split {self.pk}"


class SplitAssignment(models.Model):
    """The place of one clip in one split."""

    class Part(models.TextChoices):
        """Train and val make up dev."""

        TRAIN = "train"
        VAL = "val"
        EVAL = "eval"

    split = models.ForeignKey(
        Split, on_delete=models.CASCADE, related_name="assignments", db_index=False
    )
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=8, choices=Part)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["split", "clip"], name="assigned_once")]

    def __str__(self) -> str:
        return f"{self.clip_id} in {self.part}"
