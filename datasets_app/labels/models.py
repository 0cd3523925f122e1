"""What was decided of each nomination."""

from django.db import models
from django.db.models import Q

from datasets_app.domain.decision import DecisionState, LabelValue, ReachedBy
from datasets_app.domain.label_states import LabelOrigin
from datasets_app.nominations.models import Nomination


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

    def __str__(self) -> str:
        return self.value or self.state
