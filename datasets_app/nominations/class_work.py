"""Keeps ``ClassWork``, the counts of each class's nominations, true to the nominations."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields

from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet

from datasets_app.clips.gate import hold_gate
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.nominations.models import ClassWork, Nomination

COUNTED = ("n_all", "n_open", "n_decided", "n_conflicted")
_IS_THERE = Q(clip__state=Clip.State.AVAILABLE)
COUNTS = {
    "n_all": Count("pk", filter=_IS_THERE),
    "n_open": Count("pk", filter=_IS_THERE & Q(is_open=True)),
    "n_decided": Count("pk", filter=_IS_THERE & Q(label__state=DecisionState.DECIDED.value)),
    "n_conflicted": Count("pk", filter=_IS_THERE & Q(label__state=DecisionState.CONFLICTED.value)),
}


@dataclass(frozen=True, slots=True)
class Delta:
    """What changes in the counts of one class."""

    n_all: int = 0
    n_open: int = 0
    n_decided: int = 0
    n_conflicted: int = 0
    n_openings: int = 0

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


_ADD = """
UPDATE datasets_app_classwork SET
    n_all = n_all + %s, n_open = n_open + %s, n_decided = n_decided + %s,
    n_conflicted = n_conflicted + %s, n_openings = n_openings + %s
WHERE collection_id = %s AND sound_class_id = %s
"""
"""Every answer runs it; as text it takes a third of the time."""


def change_class_work(*, collection_id: int, deltas: Mapping[int, Delta]) -> None:
    """Add to the counts of classes, by class id; call it last in the changing transaction.

    In the order of the classes, so that two transactions cannot wait for each other in a circle.
    """
    for class_id in sorted(deltas):
        if deltas[class_id]:
            add_to_class_work(collection_id, class_id, deltas[class_id])


def add_to_class_work(collection_id: int, class_id: int, delta: Delta) -> None:
    """Add to the counts of one class; a delta of nothing writes them as they are.

    As much work for any delta, so that its time does not tell what changed.
    """
    values = (*astuple(delta), collection_id, class_id)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, values)
        if not cursor.rowcount:
            ClassWork.objects.bulk_create(
                [ClassWork(collection_id=collection_id, sound_class_id=class_id)],
                ignore_conflicts=True,
            )
            cursor.execute(_ADD, values)


def counts_of(nominations: QuerySet[Nomination]) -> dict[int, tuple[int, ...]]:
    """Return, by class id, the ``COUNTED`` counts of these nominations alone."""
    rows = nominations.order_by().values("sound_class").annotate(**COUNTS)
    return {pk: tuple(counts) for pk, *counts in rows.values_list("sound_class", *COUNTED)}


def deltas_between(
    before: Mapping[int, tuple[int, ...]], after: Mapping[int, tuple[int, ...]]
) -> dict[int, Delta]:
    """Return what changed between two ``counts_of`` of the same nominations."""
    none = (0,) * len(COUNTED)
    found = {}
    for class_id in before.keys() | after.keys():
        old, new = before.get(class_id, none), after.get(class_id, none)
        change = dict(zip(COUNTED, (n - o for n, o in zip(new, old, strict=True)), strict=True))
        found[class_id] = Delta(**change, n_openings=max(change["n_open"], 0))
    return found


@transaction.atomic
def recount_class_work(*, collection: Collection) -> int:
    """Count the nominations of a collection anew; return how many classes had other counts.

    For operations on many nominations, and for whoever doubts. Two queries over the collection's
    nominations and one per class that changed.
    """
    hold_gate(collection_id=collection.pk, alone=True)
    found = counts_of(Nomination.objects.filter(collection=collection))
    known = {work.sound_class_id: work for work in ClassWork.objects.filter(collection=collection)}
    changed = []
    for class_id in sorted(found.keys() | known.keys()):
        work = known.get(class_id) or ClassWork(collection=collection, sound_class_id=class_id)
        counts = found.get(class_id, (0,) * len(COUNTED))
        if work.pk is None or counts != tuple(getattr(work, name) for name in COUNTED):
            for name, value in zip(COUNTED, counts, strict=True):
                setattr(work, name, value)
            changed.append(work)
    ClassWork.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["collection", "sound_class"],
        update_fields=list(COUNTED),
    )
    ClassWork.objects.filter(collection=collection).update(n_openings=F("n_openings") + 1)
    return len(changed)
