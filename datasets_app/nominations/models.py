"""Proposals that a class may sound in a clip."""

import uuid
from typing import Any

from django.db import models
from django.db.models import Q

from datasets_app.clips.models import Clip, Collection
from datasets_app.ontology.models import SoundClass


class Nomination(models.Model):
    """A (clip, class) pair that people are to judge, with why it was proposed.

    ``priority`` follows the Freesound Annotator's formula; ``shuffle`` is a seeded random number
    that breaks ties. ``n_wanted`` is how many more answers it asks for: 0 once it is clear, in
    conflict, or has had as many as the collection allows.

    ``collection`` repeats the clip's, which never changes, and ``is_askable`` says that its clip is
    available, has a recording, and serves as no verification clip for the class: so that the queue
    is one index. ``is_open``, in the queue, follows from ``is_askable`` and ``n_wanted``.
    """

    class Origin(models.TextChoices):
        """Who proposed it first."""

        KEYWORD = "keyword"
        MODEL = "model"
        PERSON = "person"
        IMPORT = "import"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clip = models.ForeignKey(
        Clip, on_delete=models.CASCADE, related_name="nominations", db_index=False
    )
    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="nominations", db_index=False
    )
    sound_class = models.ForeignKey(
        SoundClass, on_delete=models.PROTECT, related_name="nominations", db_index=False
    )
    origin = models.CharField(max_length=16, choices=Origin)
    evidence = models.JSONField(default=dict, blank=True)
    priority = models.FloatField(default=0.0)
    shuffle = models.FloatField(default=0.0)
    n_wanted = models.PositiveSmallIntegerField(default=2)
    is_askable = models.BooleanField(default=False)
    is_open = models.GeneratedField(
        expression=Q(is_askable=True, n_wanted__gt=0),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clip", "sound_class"], name="nomination_once")
        ]
        indexes = [
            models.Index(
                fields=["collection", "sound_class", "-priority", "shuffle", "id"],
                condition=Q(is_open=True),
                name="nomination_queue",
            ),
            models.Index(fields=["sound_class", "collection"], name="nomination_of_class"),
            models.Index(fields=["collection", "sound_class", "id"], name="nomination_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.sound_class_id} in {self.clip_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Copy from the clip what the queue's index needs, when the row is new."""
        if self._state.adding and self.collection_id is None:
            self.collection_id = self.clip.collection_id
            self.is_askable = self.clip.can_be_heard
        super().save(*args, **kwargs)


class ClassWork(models.Model):
    """How far one class of a collection has come: counts of its available clips' nominations.

    ``n_open`` are in the queue, ``n_decided`` and ``n_conflicted`` have such a label.
    ``n_openings`` only grows: whenever some nomination came into the queue. The services that
    change a nomination change these in the same transaction; ``class_work.recount`` counts anew.
    """

    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="class_work", db_index=False
    )
    sound_class = models.ForeignKey(SoundClass, on_delete=models.CASCADE, related_name="class_work")
    n_all = models.PositiveIntegerField(default=0)
    n_open = models.PositiveIntegerField(default=0)
    n_decided = models.PositiveIntegerField(default=0)
    n_conflicted = models.PositiveIntegerField(default=0)
    n_openings = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "class work"
        constraints = [
            models.UniqueConstraint(fields=["collection", "sound_class"], name="class_work_once")
        ]

    def __str__(self) -> str:
        return f"{self.n_open} open of {self.n_all}"
