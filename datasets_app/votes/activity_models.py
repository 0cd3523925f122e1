"""Answers counted by person and day, so that a board need not count them each time."""

from django.db import models

from datasets_app.clips.models import Collection
from datasets_app.people.models import Annotator


class AnswerDay(models.Model):
    """How many answers someone gave on a day (UTC), and for how many seconds they were at it.

    An answer counts on the day it stood on when it was counted; one that is changed later is not
    counted again. ``active_s`` sums the gaps between consecutive answers, each up to the longest
    that still counts as work; see ``domain.votes.pace``.
    """

    collection = models.ForeignKey(
        Collection, on_delete=models.CASCADE, related_name="answer_days", db_index=False
    )
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="answer_days")
    day = models.DateField()
    n_answers = models.PositiveIntegerField(default=0)
    active_s = models.FloatField(default=0.0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "day", "annotator"], name="answer_day_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.n_answers} on {self.day}"


class AnswerTally(models.Model):
    """How far the answers of a collection are counted into ``AnswerDay``.

    Votes up to ``last_vote`` (inclusive) are counted; those up to ``next_vote`` were on record when
    it was last looked at. ``import_event`` is the latest import known; a later one has all answers
    counted anew.
    """

    collection = models.OneToOneField(
        Collection, on_delete=models.CASCADE, related_name="answer_tally"
    )
    last_vote = models.BigIntegerField(default=0)
    next_vote = models.BigIntegerField(default=0)
    import_event = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.collection_id} up to {self.last_vote}"
