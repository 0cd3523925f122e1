"""What a collection holds of one class: its goal, its examples, and who has heard them."""

from django.db import models

from datasets_app.clips.models import Clip, Collection
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator

MOST_CLIPS_WANTED = 1_000_000
"""Upper bound (inclusive) of a goal."""


class ClassGoal(models.Model):
    """How many decided clips one class should have, where it differs from ``class_goal``."""

    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="goals", db_index=False
    )
    sound_class = models.ForeignKey(SoundClass, on_delete=models.CASCADE, related_name="+")
    n_clips = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "sound_class"], name="goal_once"),
            models.CheckConstraint(condition=models.Q(n_clips__gte=1), name="goal_is_reachable"),
        ]

    def __str__(self) -> str:
        return f"{self.n_clips} clips of {self.sound_class_id}"


class ClassExample(models.Model):
    """A clip that a curator chose to show what a class is, or what it is not."""

    class Kind(models.TextChoices):
        """Whether the class sounds in it."""

        EXAMPLE = "example"
        COUNTER_EXAMPLE = "counter"

    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="class_examples", db_index=False
    )
    sound_class = models.ForeignKey(SoundClass, on_delete=models.CASCADE, related_name="examples")
    clip = models.ForeignKey(Clip, on_delete=models.CASCADE, related_name="example_of")
    kind = models.CharField(max_length=8, choices=Kind)
    note = models.CharField(max_length=300, blank=True)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "sound_class", "clip"], name="class_example_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.clip_id} as {self.kind} of {self.sound_class_id}"


class ExampleListening(models.Model):
    """The largest share of an example that an annotator heard at one time, and when."""

    annotator = models.ForeignKey(
        Annotator, on_delete=models.CASCADE, related_name="example_listenings", db_index=False
    )
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    sound_class = models.ForeignKey(SoundClass, on_delete=models.CASCADE, related_name="+")
    clip = models.ForeignKey(Clip, on_delete=models.CASCADE, related_name="+")
    heard_fraction = models.FloatField()
    heard_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "collection", "sound_class", "clip"],
                name="example_listening_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.heard_fraction:.0%} of {self.clip_id} by {self.annotator_id}"


class Introduction(models.Model):
    """When an annotator last had heard every example of a class."""

    annotator = models.ForeignKey(
        Annotator, on_delete=models.CASCADE, related_name="introductions", db_index=False
    )
    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="+")
    sound_class = models.ForeignKey(SoundClass, on_delete=models.CASCADE, related_name="+")
    introduced_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "collection", "sound_class"], name="introduction_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id} to {self.sound_class_id}, {self.introduced_at:%Y-%m-%d}"
