"""What is kept of editing a class's keyword rules: what was heard, and every change."""

import uuid

from django.db import models

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.nominations.mapping_precision import ClipRating
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User


class MappingRating(models.Model):
    """Whether a class sounds in a clip that was drawn to try its rules; the latest word counts.

    It is no vote and decides nothing. It belongs to clip and class, not to the rules it was drawn
    for, so it counts for every later version of them; ``rule`` are the words that spoke for the
    clip at the time.
    """

    sound_class = models.ForeignKey(
        SoundClass, on_delete=models.CASCADE, related_name="mapping_ratings", db_index=False
    )
    clip = models.ForeignKey(Clip, on_delete=models.CASCADE, related_name="mapping_ratings")
    rating = models.CharField(max_length=8, choices=[(r.value, r.value) for r in ClipRating])
    rule = models.JSONField(default=list)
    rated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    rated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sound_class", "clip"], name="mapping_rated_once")
        ]

    def __str__(self) -> str:
        return f"{self.rating}: {self.sound_class_id} in {self.clip_id}"


class RuleRevision(models.Model):
    """One change of a class's rules, and how far a collection's nominations follow it.

    Clips are taken in the order of their id: those up to ``next_clip`` (inclusive) are done.
    ``precision`` is the estimate at the time: share, low, high, n_rated, n_clips.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sound_class = models.ForeignKey(
        SoundClass, on_delete=models.CASCADE, related_name="rule_revisions", db_index=False
    )
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    keywords = models.JSONField(default=list)
    omit_keywords = models.JSONField(default=list)
    former_keywords = models.JSONField(default=list)
    former_omit_keywords = models.JSONField(default=list)
    undoes = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="undone_by"
    )
    precision = models.JSONField(default=dict)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    next_clip = models.BigIntegerField(default=0)
    n_clips = models.PositiveIntegerField(default=0)
    n_done = models.PositiveIntegerField(default=0)
    n_added = models.PositiveIntegerField(default=0)
    n_withdrawn = models.PositiveIntegerField(default=0)
    n_reworded = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["sound_class", "-id"], name="rule_revisions_of_class")]

    def __str__(self) -> str:
        return f"rules of {self.sound_class_id}, {self.made_at:%Y-%m-%d %H:%M}"
