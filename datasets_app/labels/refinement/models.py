"""Experts' exhaustive labelling of a clip: passes, what they say, and what they certify."""

import uuid

from django.db import models
from django.db.models import F, Q

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.domain.labels.refinement import REFINED_ANSWERS, RefinedSide
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator


class RefinementSettings(models.Model):
    """Which side of a collection's latest split is refined, and by how many people each clip.

    A collection without a row has the defaults.
    """

    collection = models.OneToOneField(
        Collection, on_delete=models.CASCADE, related_name="refinement_settings"
    )
    side = models.CharField(
        max_length=8,
        choices=[(s.value, s.value) for s in RefinedSide],
        default=RefinedSide.EVAL.value,
    )
    n_people = models.PositiveSmallIntegerField(default=2)

    class Meta:
        verbose_name_plural = "refinement settings"
        constraints = [
            models.CheckConstraint(condition=Q(n_people__gte=1), name="refined_by_someone")
        ]

    def __str__(self) -> str:
        return f"{self.side} by {self.n_people}"


class RefinementPass(models.Model):
    """One person's way through one clip.

    It holds one of the clip's seats until ``lease_until`` while it is open, and for good once it is
    finished. ``left_at`` is set by who put it aside: the queue does not offer it to them again.
    From ``second_look_at`` on the person saw what a model suggests.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clip = models.ForeignKey(
        Clip, on_delete=models.CASCADE, related_name="refinements", db_index=False
    )
    annotator = models.ForeignKey(Annotator, on_delete=models.PROTECT, related_name="refinements")
    started_at = models.DateTimeField(auto_now_add=True)
    lease_until = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    second_look_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "refinement passes"
        constraints = [
            models.UniqueConstraint(fields=["clip", "annotator"], name="refined_once_each")
        ]

    def __str__(self) -> str:
        return f"{self.clip_id} by {self.annotator_id}"


class PriorLabel(models.Model):
    """What was decided of a nomination when its clip was first taken for refinement.

    Every expert is shown this, so that no one sees what another said; and it is what refinement is
    compared with. ``state`` is empty where there was no vote.
    """

    nomination = models.OneToOneField(Nomination, on_delete=models.CASCADE, related_name="prior")
    state = models.CharField(
        max_length=16, blank=True, choices=[(s.value, s.value) for s in DecisionState]
    )
    value = models.CharField(
        max_length=8, blank=True, choices=[(v.value, v.value) for v in LabelValue]
    )
    taken_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.value or self.state or "no vote"


class RefinedLabel(models.Model):
    """What a pass says of one class: PP, PNP, NP (rejected), or nothing any more (taken back).

    ``is_suggested``: the class was labelled because a model suggested it.
    """

    refinement = models.ForeignKey(
        RefinementPass, on_delete=models.CASCADE, related_name="labels", db_index=False
    )
    sound_class = models.ForeignKey(SoundClass, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(
        max_length=3, blank=True, choices=[(a.value, a.value) for a in REFINED_ANSWERS]
    )
    is_suggested = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["refinement", "sound_class"], name="refined_label_once")
        ]

    def __str__(self) -> str:
        return f"{self.sound_class_id}: {self.answer or 'taken back'}"


class SoundEvent(models.Model):
    """When a labelled class sounds: seconds from the clip's start; the browser names the record."""

    uuid = models.UUIDField(unique=True, editable=False)
    label = models.ForeignKey(RefinedLabel, on_delete=models.CASCADE, related_name="events")
    onset_s = models.FloatField()
    offset_s = models.FloatField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(onset_s__gte=0) & Q(offset_s__gt=F("onset_s")),
                name="event_has_a_length",
            )
        ]

    def __str__(self) -> str:
        return f"{self.onset_s:.2f} to {self.offset_s:.2f} s"


class RefinementChange(models.Model):
    """One change to a pass, append-only: its history, and how a repeated request is known."""

    class Verb(models.TextChoices):
        """What was done."""

        LABEL = "label"
        MARK = "mark"
        UNMARK = "unmark"
        FINISH = "finish"
        LEAVE = "leave"

    refinement = models.ForeignKey(RefinementPass, on_delete=models.CASCADE, related_name="changes")
    idempotency_key = models.UUIDField(unique=True)
    verb = models.CharField(max_length=8, choices=Verb)
    sound_class = models.ForeignKey(
        SoundClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    is_second_look = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.verb} {self.after}"


class RefinementDifference(models.Model):
    """A nomination on which people who finished their pass of its clip do not agree."""

    nomination = models.OneToOneField(
        Nomination, on_delete=models.CASCADE, related_name="refinement_difference"
    )
    found_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"about {self.nomination_id}"


class Completeness(models.Model):
    """A person's word that every audible class of a clip is labelled.

    It does not hold while ``withdrawn_at`` is set: they have changed their labels since.
    """

    clip = models.ForeignKey(
        Clip, on_delete=models.CASCADE, related_name="completeness", db_index=False
    )
    annotator = models.ForeignKey(Annotator, on_delete=models.PROTECT, related_name="+")
    certified_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "completeness"
        constraints = [
            models.UniqueConstraint(fields=["clip", "annotator"], name="certified_once_each")
        ]

    def __str__(self) -> str:
        return f"{self.clip_id} by {self.annotator_id}"
