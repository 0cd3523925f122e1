"""Frozen states of a collection that others can cite."""

import uuid

from django.core.validators import RegexValidator
from django.db import models

from datasets_app.clips.models import Collection
from datasets_app.splits.models import Split

RELEASE_VERSION = RegexValidator(
    r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z",
    "A version is 1 to 32 letters, digits, dots, dashes or underscores, "
    "the first a letter or digit.",
)


class Release(models.Model):
    """Immutable: ``manifest_sha256`` is the hash of MANIFEST.json, which has every file's hash.

    What may change is where and to whom it is given: ``is_public`` lets in people who are not
    signed in; ``stored_under`` is the address in object storage that holds all of it, or empty.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(Collection, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=32, validators=[RELEASE_VERSION])
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    split = models.ForeignKey(Split, on_delete=models.PROTECT, related_name="releases")
    path = models.CharField(max_length=1000)
    manifest_sha256 = models.CharField(max_length=64)
    summary = models.JSONField(default=dict, blank=True)
    is_public = models.BooleanField(default=False, db_default=False)
    stored_under = models.CharField(max_length=500, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "version"], name="release_once")
        ]

    def __str__(self) -> str:
        return f"{self.collection_id} {self.version}"
