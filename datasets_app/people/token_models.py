"""Tokens by which programs act for a person."""

import uuid

from django.db import models

from datasets_app.people.models import User


class ApiToken(models.Model):
    """A secret that lets a program do some of what its owner may do.

    Only the hash of the secret is kept: who reads the table can call nothing. ``hint`` is the
    beginning of the secret, by which its owner knows it again. ``scopes`` narrow the owner's roles
    and never widen them.
    """

    class Scope(models.TextChoices):
        """What a token may be used for, as far as its owner's roles go."""

        READ = "read"
        VOTE = "vote"
        CURATE = "curate"
        JOBS = "jobs"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    hint = models.CharField(max_length=16)
    token_sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.hint}… of {self.user_id}"
