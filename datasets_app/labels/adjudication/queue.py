"""Which conflict an adjudicator gets: most answers first, each to one person at a time."""

from datetime import timedelta

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.labels.adjudication.models import AdjudicationLease
from datasets_app.labels.models import Label
from datasets_app.labels.refinement.models import RefinementPass
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator, User
from datasets_app.votes.models import Vote

LEASE = timedelta(minutes=20)
CANDIDATES = 20
ADJUDICATORS = (User.Role.EXPERT, User.Role.CURATOR)


def conflicts(*, collection: Collection) -> QuerySet[Nomination]:
    """Return the collection's open conflicts that can be heard.

    They are nominations whose votes clash, and those on which experts who refined the clip differ.
    """
    return Nomination.objects.filter(
        clip__collection=collection,
        clip__state=Clip.State.AVAILABLE,
        clip__sha256__isnull=False,
        label__state=DecisionState.CONFLICTED.value,
    )


def conflicts_for(*, collection: Collection, annotator: Annotator) -> QuerySet[Nomination]:
    """Return the conflicts that this person may decide, most answers first, then the oldest.

    Nobody decides a conflict they had a part in, by a vote or by refining the clip, unless every
    other expert and curator had a part in it too: then someone has to.
    """
    return may_decide(conflicts(collection=collection), annotator=annotator).order_by(
        "-n_votes", "label__decided_at", "pk"
    )


def may_decide(nominations: QuerySet[Nomination], *, annotator: Annotator) -> QuerySet[Nomination]:
    """Keep the nominations that this person had no part in, or that nobody else could decide."""
    mine = _has_part(annotator=annotator)
    others = (
        User.objects.filter(is_active=True)
        .filter(Q(is_superuser=True) | Q(groups__in=_groups()))
        .exclude(annotator=annotator)
        .exclude(Exists(_votes_of(OuterRef("annotator"), OuterRef(OuterRef("pk")))))
        .exclude(Exists(_passes_of(OuterRef("annotator"), OuterRef(OuterRef("clip")))))
    )
    return nominations.annotate(n_votes=Count("votes")).filter(~mine | ~Exists(others))


def take_conflict(*, collection: Collection, annotator: Annotator) -> Nomination | None:
    """Return the conflict this person is on, else the next one, theirs until the lease ends.

    Two who ask at once never get the same: the label's row is locked while its lease is looked at;
    PostgreSQL passes over a conflict that another is just being given.
    """
    now = timezone.now()
    leased = AdjudicationLease.objects.filter(until__gt=now)
    open_ = conflicts_for(collection=collection, annotator=annotator)
    held = open_.filter(pk__in=leased.filter(annotator=annotator).values("nomination"))
    if (nomination := held.first()) is not None and _lease(nomination, annotator):
        return nomination
    free = open_.exclude(pk__in=leased.exclude(annotator=annotator).values("nomination"))
    tried: list[int] = []
    while candidates := list(free.exclude(pk__in=tried)[:CANDIDATES]):
        for nomination in candidates:
            if _lease(nomination, annotator):
                return nomination
        tried += [nomination.pk for nomination in candidates]
    return None


def hold_conflict(*, nomination: Nomination, annotator: Annotator) -> bool:
    """Take this very conflict; says whether it could be had."""
    open_ = conflicts_for(collection=nomination.clip.collection, annotator=annotator)
    return open_.filter(pk=nomination.pk).exists() and _lease(nomination, annotator)


@transaction.atomic
def _lease(nomination: Nomination, annotator: Annotator) -> bool:
    locked = Label.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    label = locked.filter(nomination=nomination, state=DecisionState.CONFLICTED.value).first()
    if label is None:
        return False
    now = timezone.now()
    others = AdjudicationLease.objects.filter(nomination=nomination, until__gt=now)
    if others.exclude(annotator=annotator).exists():
        return False
    AdjudicationLease.objects.filter(annotator=annotator).exclude(nomination=nomination).delete()
    AdjudicationLease.objects.update_or_create(
        nomination=nomination, defaults={"annotator": annotator, "until": now + LEASE}
    )
    return True


def _groups() -> QuerySet[Group]:
    return Group.objects.filter(name__in=[role.value for role in ADJUDICATORS])


def _has_part(*, annotator: Annotator) -> Q:
    return Q(Exists(_votes_of(annotator, OuterRef("pk")))) | Q(
        Exists(_passes_of(annotator, OuterRef("clip")))
    )


def _votes_of(annotator: object, nomination: OuterRef) -> QuerySet[Vote]:
    return Vote.objects.filter(nomination=nomination, annotator=annotator)


def _passes_of(annotator: object, clip: OuterRef) -> QuerySet[RefinementPass]:
    return RefinementPass.objects.filter(clip=clip, annotator=annotator, finished_at__isnull=False)
