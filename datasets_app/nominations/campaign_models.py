"""Work that a curator offers to people for a time."""

import uuid

from django.db import models
from django.db.models import F, Q

from datasets_app.clips.models import Collection
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator


class Campaign(models.Model):
    """Some classes of a collection, offered to everyone or to the people invited.

    It runs from ``starts_on`` to ``ends_on``, both days included, unless closed before. While
    it runs and ``is_exclusive``, its classes are open to nobody else. ``goal`` is the number of
    decided clips wanted of each class.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="campaigns", db_index=False
    )
    name = models.CharField(max_length=100)
    classes = models.ManyToManyField(SoundClass, related_name="campaigns")
    is_for_everyone = models.BooleanField(default=True)
    people = models.ManyToManyField(Annotator, related_name="campaigns", blank=True)
    is_exclusive = models.BooleanField(default=False)
    starts_on = models.DateField()
    ends_on = models.DateField()
    goal = models.PositiveIntegerField()
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "name"], name="campaign_once"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="campaign_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(goal__gte=1), name="campaign_goal_is_reachable"),
        ]

    def __str__(self) -> str:
        return self.name
