"""People who sign in, and the annotators whose answers are on record."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q


class User(AbstractUser):
    """Someone who can sign in. What they may do follows from their roles."""

    class Role(models.TextChoices):
        """A role is a Django group of this name."""

        ANNOTATOR = "annotator"
        EXPERT = "expert"
        CURATOR = "curator"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)


class Annotator(models.Model):
    """A giver of answers: a signed-in person, or a name that came with imported votes.

    ``source`` keeps them apart, so that an imported "alice" is never mistaken for the user of that
    name: it is "site" for people who sign in, else the name of the collection imported into.
    """

    SITE = "site"

    source = models.CharField(max_length=128)
    name = models.CharField(max_length=150)
    user = models.OneToOneField(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="annotator"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "name"], name="annotator_once_per_source"),
            models.CheckConstraint(
                condition=Q(user__isnull=True) | Q(source="site"), name="annotator_user_is_of_site"
            ),
        ]

    def __str__(self) -> str:
        return self.name
