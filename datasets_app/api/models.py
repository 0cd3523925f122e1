"""What the API remembers of requests: replies that are given again."""

from django.db import models

from datasets_app.people.models import User


class KeptReply(models.Model):
    """The reply to a request that bore an ``Idempotency-Key``, for when it is sent again.

    ``request_sha256`` is of the method, the address and the body: the same key with another request
    is refused. ``body`` is the JSON text, empty for a reply without one.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    key_sha256 = models.CharField(max_length=64)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=100)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "kept replies"
        constraints = [
            models.UniqueConstraint(fields=["user", "key_sha256"], name="reply_once_per_key")
        ]

    def __str__(self) -> str:
        return f"{self.status} for {self.user_id}"
