"""What was decided of each nomination."""

from django.db import models
from django.db.models import Q

from datasets_app.clips.models import Collection
from datasets_app.domain.labels.decision import DecisionState, LabelValue, ReachedBy
from datasets_app.domain.labels.label_states import LabelOrigin
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator


class Label(models.Model):
    """One decision per nomination that has a vote: its state, its value once decided, and how."""

    nomination = models.OneToOneField(Nomination, on_delete=models.CASCADE, related_name="label")
    state = models.CharField(max_length=16, choices=[(s.value, s.value) for s in DecisionState])
    value = models.CharField(
        max_length=8, blank=True, choices=[(v.value, v.value) for v in LabelValue]
    )
    reached_by = models.CharField(max_length=16, choices=[(r.value, r.value) for r in ReachedBy])
    posterior = models.FloatField(null=True, blank=True)
    origin = models.CharField(
        max_length=16,
        choices=[(o.value, o.value) for o in LabelOrigin],
        default=LabelOrigin.RATED.value,
    )
    decided_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=DecisionState.DECIDED.value) ^ Q(value=""),
                name="label_has_a_value_once_decided",
            )
        ]
        indexes = [
            models.Index(
                fields=["nomination"],
                condition=Q(state=DecisionState.CONFLICTED.value),
                name="label_in_conflict",
            )
        ]

    def __str__(self) -> str:
        return self.value or self.state


class TruthFit(models.Model):
    """A collection's last fit of Dawid and Skene's model: the share of each true answer.

    ``priors`` has one number for each of ``domain.votes.answers.ANSWERS``.
    """

    collection = models.OneToOneField(Collection, on_delete=models.CASCADE, related_name="+")
    priors = models.JSONField()
    n_iterations = models.PositiveIntegerField()
    log_likelihood = models.FloatField()
    fitted_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"fit of {self.collection_id}"


class AnnotatorReliability(models.Model):
    """How an annotator answers in a collection, as a fit found it.

    ``confusion[z][v]`` is the probability that they say v where z is true, rows and columns in the
    order of ``domain.votes.answers.ANSWERS``.
    """

    fit = models.ForeignKey(TruthFit, on_delete=models.CASCADE, related_name="reliabilities")
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="+")
    confusion = models.JSONField()
    n_votes = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "annotator reliabilities"
        constraints = [
            models.UniqueConstraint(fields=["fit", "annotator"], name="reliability_once")
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id} in {self.fit_id}"
