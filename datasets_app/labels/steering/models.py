"""Figures of a collection that are too costly to compute for each look at them."""

from django.db import models

from datasets_app.clips.models import Collection


class SteeringReport(models.Model):
    """Agreement and mapping per class and per person, as of ``computed_at``.

    ``n_votes`` and ``last_vote`` say of which answers; ``started_at`` is set while someone computes
    it anew.
    """

    collection = models.OneToOneField(
        Collection, on_delete=models.CASCADE, related_name="steering_report"
    )
    data = models.JSONField(default=dict)
    last_vote = models.BigIntegerField(default=0)
    n_votes = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0.0)
    started_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"steering of {self.collection_id}"
