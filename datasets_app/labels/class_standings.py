"""How far each class has come, and what is left of it for one person."""

from collections.abc import Collection as Keys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count, Q

from datasets_app.clips.class_models import ClassExample, ClassGoal
from datasets_app.clips.models import Collection
from datasets_app.domain.labels.class_goals import ClassStanding
from datasets_app.domain.labels.confusions import Confusion, SharedClips, rank_confusions
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.domain.labels.easy_classes import ClassRecord, is_easy
from datasets_app.domain.votes.answers import Answer
from datasets_app.nominations.models import ClassWork, Nomination
from datasets_app.nominations.selectors import PRESENT_VALUES
from datasets_app.ontology.models import SoundClass
from datasets_app.ontology.selectors import related_class_ids
from datasets_app.people.models import Annotator
from datasets_app.votes.models import Vote

Place = tuple[int, int]
"""Collection id and class id."""


@dataclass(frozen=True, slots=True)
class PlacedStanding:
    """The standing of a class, in which collection, and what it has in all."""

    collection_id: int
    class_id: int
    standing: ClassStanding
    n_all: int
    n_conflicted: int


def class_standings(
    *,
    collections: Iterable[Collection],
    annotator: Annotator | None = None,
    hidden: Mapping[int, Keys[int]] | None = None,
    classes: Keys[int] | None = None,
) -> list[PlacedStanding]:
    """Return every class that has nominations, as far as ``annotator`` is concerned.

    Without an annotator, what is open to anyone counts. ``hidden`` has the ids of classes kept from
    them, by collection id; ``classes`` names the only ones wanted. Three queries.
    """
    held = {collection.pk: collection for collection in collections}
    work = ClassWork.objects.filter(collection__in=held, n_all__gt=0)
    goals = ClassGoal.objects.filter(collection__in=held)
    if classes is not None:
        work, goals = work.filter(sound_class__in=classes), goals.filter(sound_class__in=classes)
    own_goals = {(c, s): n for c, s, n in goals.values_list("collection", "sound_class", "n_clips")}
    done = _answered_but_open(annotator, held, classes) if annotator else {}
    found = []
    columns = ("sound_class__name", "n_open", "n_decided", "n_all", "n_conflicted")
    for c, s, name, n_open, n_decided, n_all, n_conflicted in work.values_list(
        "collection_id", "sound_class_id", *columns
    ):
        if s in (hidden or {}).get(c, ()):
            continue
        left = max(0, n_open - done.get((c, s), 0))
        goal = own_goals.get((c, s), held[c].class_goal)
        standing = ClassStanding((c, s), name, n_decided, goal, left)
        found.append(PlacedStanding(c, s, standing, n_all, n_conflicted))
    return found


def _answered_but_open(
    annotator: Annotator, collections: Keys[int], classes: Keys[int] | None
) -> dict[Place, int]:
    """Count, by place, what is open to others only because this annotator answered it."""
    votes = Vote.objects.filter(
        annotator=annotator, nomination__is_open=True, nomination__collection__in=collections
    )
    if classes is not None:
        votes = votes.filter(nomination__sound_class__in=classes)
    places = votes.order_by().values("nomination__collection_id", "nomination__sound_class_id")
    counted = places.annotate(n=Count("pk"))
    return {(row["nomination__collection_id"], row["nomination__sound_class_id"]): row["n"]
            for row in counted}  # fmt: skip


def easy_class_ids(*, collection: Collection, standings: Iterable[PlacedStanding]) -> set[int]:
    """Return the ids of the classes that suit a beginner.

    Two queries. Answers are counted only of the classes that the other conditions leave.
    """
    curated = set(
        ClassExample.objects.filter(collection=collection)
        .order_by()
        .values_list("sound_class_id", flat=True)
        .distinct()
    )
    rows = {row.class_id: row for row in standings}
    with_faq = set(
        SoundClass.objects.filter(pk__in=rows).exclude(faq="").values_list("pk", flat=True)
    )
    explained = curated | with_faq
    few_answers = {pk: _record(row, pk in explained, 10**9, 0) for pk, row in rows.items()}
    candidates = [pk for pk, record in few_answers.items() if is_easy(record)]
    counts = _answer_counts(collection, candidates)
    return {pk for pk in candidates if is_easy(_record(rows[pk], True, *counts.get(pk, (0, 0))))}


def _record(row: PlacedStanding, is_explained: bool, n_answers: int, n_unsure: int) -> ClassRecord:
    n_decided = row.standing.n_decided
    return ClassRecord(n_decided, row.n_conflicted, n_answers, n_unsure, is_explained)


def _answer_counts(collection: Collection, classes: Keys[int]) -> dict[int, tuple[int, int]]:
    votes = Vote.objects.filter(nomination__collection=collection)
    by_class = votes.filter(nomination__sound_class__in=classes).order_by()
    counted = by_class.values("nomination__sound_class_id").annotate(
        n=Count("pk"), n_unsure=Count("pk", filter=Q(answer=Answer.U.value))
    )
    return {pk: (n, u) for pk, n, u in counted.values_list("nomination__sound_class_id", "n",
                                                           "n_unsure")}  # fmt: skip


def class_confusions(*, collection: Collection, sound_class: SoundClass) -> list[Confusion]:
    """Return the classes that this one is mistaken for; ``other`` is a class.

    Four queries, over the decided clips of the class.
    """
    decided = Nomination.objects.filter(
        collection=collection,
        sound_class=sound_class,
        label__state=DecisionState.DECIDED.value,
        label__value__in=_CLEAR,
        clip__nominations__label__state=DecisionState.DECIDED.value,
        clip__nominations__label__value__in=_CLEAR,
    )
    other = "clip__nominations__sound_class_id"
    rows = (
        decided.order_by(other)
        .values(other, "label__value", "clip__nominations__label__value")
        .annotate(n=Count("pk"))
        .values_list(other, "label__value", "clip__nominations__label__value", "n")
    )
    shared = [
        _shared(pk, [row[1:] for row in part])
        for pk, part in groupby(rows, key=lambda row: row[0])
        if pk != sound_class.pk
    ]
    relatives = related_class_ids(sound_class=sound_class)
    found = rank_confusions(shared, relatives=relatives)
    classes = SoundClass.objects.in_bulk([c.other for c in found])
    return [
        Confusion(classes[c.other], c.n_taken_for_this, c.n_taken_for_other, c.n_judged)
        for c in found
    ]


_CLEAR = (*PRESENT_VALUES, LabelValue.NP.value)


def _shared(pk: int, rows: Iterable[tuple[str, str, int]]) -> SharedClips:
    counts = {(here, there): 0 for here in (True, False) for there in (True, False)}
    for here, there, n in rows:
        counts[here in PRESENT_VALUES, there in PRESENT_VALUES] += n
    return SharedClips(
        pk, counts[True, False], counts[False, True], counts[True, True], counts[False, False]
    )
