"""Proposals that a class may sound in a clip."""

import uuid

from django.db import models

from datasets_app.clips.models import Clip
from datasets_app.ontology.models import SoundClass


class Nomination(models.Model):
    """A (clip, class) pair that people are to judge, with why it was proposed.

    ``priority`` follows the Freesound Annotator's formula; ``shuffle`` is a seeded random number
    that breaks ties. ``n_wanted`` is how many more answers it asks for: 0 once it is clear, in
    conflict, or has had as many as the collection allows.
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
    sound_class = models.ForeignKey(
        SoundClass, on_delete=models.PROTECT, related_name="nominations", db_index=False
    )
    origin = models.CharField(max_length=16, choices=Origin)
    evidence = models.JSONField(default=dict, blank=True)
    priority = models.FloatField(default=0.0)
    shuffle = models.FloatField(default=0.0)
    n_wanted = models.PositiveSmallIntegerField(default=2)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clip", "sound_class"], name="nomination_once")
        ]
        indexes = [
            models.Index(fields=["sound_class", "-priority", "shuffle"], name="nomination_queue")
        ]

    def __str__(self) -> str:
        return f"{self.sound_class_id} in {self.clip_id}"
