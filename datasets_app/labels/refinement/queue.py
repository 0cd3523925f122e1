"""Which clip an expert refines next: seats, leases, and what was known before.

A clip has as many seats as people are to refine it. A finished pass keeps its seat; an open one
keeps it until its lease ends, and each change renews the lease.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.fields import FloatField
from django.db.models.functions import Coalesce
from django.utils import timezone

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.decision import DecisionState, ReachedBy
from datasets_app.domain.labels.refinement import clip_doubt
from datasets_app.labels.models import Label
from datasets_app.labels.refinement.models import (
    PriorLabel,
    RefinementPass,
    RefinementSettings,
)
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator

LEASE = timedelta(minutes=60)
CANDIDATES = 20
"""Clips tried one after the other; more are needed only where so many people ask at once."""


class NoSeat(RuntimeError):
    """The clip has no seat left for this person; the message is for them."""


def refinement_settings(*, collection: Collection) -> RefinementSettings:
    """Return a collection's settings, the defaults where it has none."""
    known = RefinementSettings.objects.filter(collection=collection).first()
    return known or RefinementSettings(collection=collection)


def take_next_clip(
    *, collection: Collection, annotator: Annotator, among: QuerySet[Clip]
) -> RefinementPass | None:
    """Return the pass this person goes on with, else a new one on the clip with most doubt.

    ``among`` are the clips to be refined. None when there is nothing left for this person. Two who
    ask at once never get the same last seat: the clip's row is locked while its seats are counted;
    PostgreSQL passes over a clip that another is just being given.
    """
    under_way = RefinementPass.objects.filter(
        clip__in=among, annotator=annotator, finished_at=None, left_at=None
    )
    for one in under_way.select_related("clip").order_by("-started_at"):
        if _renew(one):
            return one
    n_people = refinement_settings(collection=collection).n_people
    open_clips = _with_a_seat(among, n_people).exclude(refinements__annotator=annotator)
    tried: list[int] = []
    while candidates := _most_doubtful(open_clips.exclude(pk__in=tried)):
        tried += candidates
        taken = _take_one_of(candidates, annotator, n_people)
        if taken is not None:
            return taken
    return None


def _take_one_of(clip_ids: list[int], annotator: Annotator, n_people: int) -> RefinementPass | None:
    """Take the first that is free and nobody else is just being given; else wait for each."""
    for is_patient in (False, True):
        for clip_id in clip_ids:
            taken = _take(clip_id, annotator, n_people, skip_locked=not is_patient)
            if taken is not None:
                return taken
    return None


def take_clip(*, clip: Clip, annotator: Annotator) -> RefinementPass:
    """Return this person's pass of a clip, begun or taken up again; a seat must be free.

    Raises
    ------
    NoSeat
        Others have taken all seats.
    """
    known = RefinementPass.objects.filter(clip=clip, annotator=annotator).first()
    if known is not None and known.finished_at is not None:
        return known
    n_people = refinement_settings(collection=clip.collection).n_people
    taken = _take(clip.pk, annotator, n_people, skip_locked=False)
    if taken is None:
        raise NoSeat("Others are refining this recording or have done so; take the next one.")
    return taken


def count_left(*, annotator: Annotator, collection: Collection, among: QuerySet[Clip]) -> int:
    """Return how many clips still have a seat for this person."""
    n_people = refinement_settings(collection=collection).n_people
    return _with_a_seat(among, n_people).exclude(refinements__annotator=annotator).count()


def lease_end() -> datetime:
    """Return until when a seat taken or used now is kept."""
    return timezone.now() + LEASE


def _holds_a_seat() -> Q:
    return Q(finished_at__isnull=False) | Q(lease_until__gt=timezone.now())


def _with_a_seat(among: QuerySet[Clip], n_people: int) -> QuerySet[Clip]:
    held = RefinementPass.objects.filter(_holds_a_seat()).order_by().values("clip")
    full = held.annotate(n=Count("pk")).filter(n__gte=n_people).values("clip")
    return among.filter(state=Clip.State.AVAILABLE, sha256__isnull=False).exclude(pk__in=full)


def _most_doubtful(clips: QuerySet[Clip]) -> list[int]:
    """Return the clips with most doubt; one query, a row for each clip."""
    sure = Q(nominations__label__reached_by__in=[ReachedBy.EXPERT, ReachedBy.ADJUDICATION])
    decided = Q(nominations__label__state=DecisionState.DECIDED.value)
    unsure = Case(
        When(decided & ~sure, then=1 - Coalesce(F("nominations__label__posterior"), Value(1.0))),
        default=Value(0.0),
        output_field=FloatField(),
    )
    rows = clips.order_by("pk").annotate(
        n_nominations=Count("nominations"),
        n_decided=Count("nominations", filter=decided),
        n_conflicted=Count(
            "nominations", filter=Q(nominations__label__state=DecisionState.CONFLICTED.value)
        ),
        uncertainty=Coalesce(Sum(unsure), Value(0.0)),
    )
    table = np.array(
        list(rows.values_list("pk", "n_nominations", "n_decided", "n_conflicted", "uncertainty")),
        dtype=np.float64,
    ).reshape(-1, 5)
    ids, n_all, n_decided, n_conflicted, uncertainty = table.T
    doubt = clip_doubt(n_conflicted, n_all - n_decided - n_conflicted, uncertainty)
    best = np.argsort(-doubt, kind="stable")[:CANDIDATES]
    return ids[best].astype(np.int64).tolist()


@transaction.atomic
def _take(
    clip_id: int, annotator: Annotator, n_people: int, *, skip_locked: bool = True
) -> RefinementPass | None:
    locked = Clip.objects.select_for_update(skip_locked=skip_locked, no_key=True)
    clip = locked.filter(pk=clip_id, state=Clip.State.AVAILABLE).first()
    if clip is None:
        return None
    others = RefinementPass.objects.filter(_holds_a_seat(), clip=clip)
    if others.exclude(annotator=annotator).count() >= n_people:
        return None
    _remember_labels(clip)
    taken, _ = RefinementPass.objects.update_or_create(
        clip=clip, annotator=annotator, defaults={"lease_until": lease_end(), "left_at": None}
    )
    return taken


def _renew(one: RefinementPass) -> bool:
    """Take up a pass again; says whether its seat is still free."""
    n_people = refinement_settings(collection=one.clip.collection).n_people
    return _take(one.clip_id, one.annotator, n_people, skip_locked=False) is not None


def _remember_labels(clip: Clip) -> None:
    """Write down what was decided of the clip before anybody refined it; once."""
    if RefinementPass.objects.filter(clip=clip).exists():
        return
    label = Label.objects.filter(nomination=OuterRef("pk"))
    rows: Iterable[tuple[int, str | None, str | None]] = Nomination.objects.filter(
        clip=clip
    ).values_list("pk", Subquery(label.values("state")), Subquery(label.values("value")))
    PriorLabel.objects.bulk_create(
        [PriorLabel(nomination_id=pk, state=s or "", value=v or "") for pk, s, v in rows],
        ignore_conflicts=True,
    )
