"""Questions to the nominations."""

from collections.abc import Iterable

from django.db.models import Count, Q

from datasets_app.clips.models import Collection
from datasets_app.domain.answers import Answer
from datasets_app.domain.decision import DecisionState, LabelValue
from datasets_app.nominations.models import Nomination

PRESENT_ANSWERS = (Answer.PP.value, Answer.PNP.value)
PRESENT_VALUES = (LabelValue.PP.value, LabelValue.PNP.value, LabelValue.PRESENT.value)


def present_vote_counts(
    *, collection: Collection, nominations: Iterable[int] | None = None
) -> dict[int, int]:
    """Return, by nomination id, its trusted PP and PNP votes; those without any are left out."""
    rows = Nomination.objects.filter(clip__collection=collection)
    if nominations is not None:
        rows = rows.filter(pk__in=list(nominations))
    present = Q(votes__is_trusted=True, votes__answer__in=PRESENT_ANSWERS)
    counted = rows.filter(present).annotate(n=Count("votes"))
    return dict(counted.order_by().values_list("pk", "n"))


def direct_label_counts(
    *, collection: Collection, clips: Iterable[int] | None = None
) -> dict[int, int]:
    """Return, by clip id, how many classes were decided present in it (all, or the given clips)."""
    decided = Nomination.objects.filter(
        clip__collection=collection,
        label__state=DecisionState.DECIDED.value,
        label__value__in=PRESENT_VALUES,
    )
    if clips is not None:
        decided = decided.filter(clip__in=list(clips))
    return dict(decided.order_by().values("clip").annotate(n=Count("pk")).values_list("clip", "n"))
