"""People who sign in, and the annotators whose answers are on record."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q


class User(AbstractUser):
    """Someone who can sign in. What they may do follows from their roles.

    ``preferences`` are keys, volume and the like, as the pages check and write them.
    """

    class Role(models.TextChoices):
        """A role is a Django group of this name."""

        ANNOTATOR = "annotator"
        EXPERT = "expert"
        CURATOR = "curator"
        ADMINISTRATOR = "administrator"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    preferences = models.JSONField(default=dict, blank=True)


class Annotator(models.Model):
    """A giver of answers: a signed-in person, or a name that came with imported votes.

    ``source`` keeps them apart, so that an imported "alice" is never mistaken for the user of that
    name: it is "site" for people who sign in, "former" for those whose account was deleted, else
    the name of the collection imported into.
    """

    SITE = "site"

    FORMER = "former"

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


class Invitation(models.Model):
    """A link that lets someone in, once, with the roles its sender chose.

    Only the hash of the link's secret is kept: who reads the table can let nobody in.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_sha256 = models.CharField(max_length=64, unique=True)
    roles = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_is_accepted_by_someone",
            )
        ]

    def __str__(self) -> str:
        return self.note or f"invitation {self.uuid}"
