"""Questions to the nominations."""

from collections.abc import Iterable

from django.db.models import Count, Q

from datasets_app.clips.models import Collection
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.domain.votes.answers import Answer
from datasets_app.nominations.models import Nomination

BATCH = 2000
"""Values in one query; databases limit them."""

PRESENT_ANSWERS = (Answer.PP.value, Answer.PNP.value)
PRESENT_VALUES = (LabelValue.PP.value, LabelValue.PNP.value, LabelValue.PRESENT.value)


def present_vote_counts(
    *, collection: Collection, nominations: Iterable[int] | None = None
) -> dict[int, int]:
    """Return, by nomination id, its trusted PP and PNP votes; those without any are left out."""
    if nominations is None:
        rows = Nomination.objects.filter(clip__collection=collection)
    else:  # the ids alone: with the collection as well, SQLite goes through all of its clips
        rows = Nomination.objects.filter(pk__in=list(nominations))
    present = Q(votes__is_trusted=True, votes__answer__in=PRESENT_ANSWERS)
    counted = rows.filter(present).annotate(n=Count("votes"))
    return dict(counted.order_by().values_list("pk", "n"))


def direct_label_counts(
    *, collection: Collection, clips: Iterable[int] | None = None
) -> dict[int, int]:
    """Return, by clip id, how many classes were decided present in it (all, or the given clips)."""
    decided = Nomination.objects.filter(
        label__state=DecisionState.DECIDED.value, label__value__in=PRESENT_VALUES
    )
    if clips is None:
        decided = decided.filter(clip__collection=collection)
    else:
        decided = decided.filter(clip__in=list(clips))
    return dict(decided.order_by().values("clip").annotate(n=Count("pk")).values_list("clip", "n"))


def nominations_by_pair(*, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Return the nomination ids of those (clip id, class id) pairs that are nominated."""
    ordered = sorted(pairs)
    found: dict[tuple[int, int], int] = {}
    for start in range(0, len(ordered), BATCH):
        chunk = ordered[start : start + BATCH]
        rows = Nomination.objects.filter(clip__in={clip_id for clip_id, _ in chunk})
        of_clips = rows.values_list("clip_id", "sound_class_id", "pk")
        held = {(clip_id, class_id): pk for clip_id, class_id, pk in of_clips}
        found.update((pair, held[pair]) for pair in chunk if pair in held)
    return found
