"""Answers by person and day, counted as they come in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Sum
from django.utils import timezone

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Collection
from datasets_app.domain.votes.forecast import active_seconds
from datasets_app.people.models import Annotator
from datasets_app.votes.activity_models import AnswerDay, AnswerTally
from datasets_app.votes.models import Vote

AT_ONCE = 50_000
"""Votes looked at in one call: about a second on a busy machine of two cores."""
SETTLED_S = 3.0
"""A vote whose number was given out this long ago is on record, or is part of an import."""
IMPORTS = ("import_votes", "import_dataset")


@dataclass(frozen=True, slots=True)
class CountedSoFar:
    """Whether all answers on record were counted, and how many there are left at most."""

    n_left: int
    at: datetime

    @property
    def is_all(self) -> bool:
        """Whether nothing is left."""
        return self.n_left == 0


@dataclass(frozen=True, slots=True)
class PersonActivity:
    """One person's answers in a span of days, and for how many seconds they were at it."""

    annotator: Annotator
    n_answers: int
    n_days: int
    active_s: float
    last_at: datetime

    @property
    def per_hour(self) -> float | None:
        """Answers an hour while at work; None where the gaps tell nothing."""
        return 3600 * self.n_answers / self.active_s if self.active_s >= 60 else None


@transaction.atomic
def count_answers(*, collection: Collection, at_once: int = AT_ONCE) -> CountedSoFar:
    """Count answers that came in since the last call, at most ``at_once`` votes of them.

    Called again it goes on, so that 10 M votes on record are caught up with in 200 calls. A vote is
    counted once, on the day it stands on then. Numbers may come on record out of order, so only
    those are counted that had been given out at a call some seconds before; an import, whose votes
    come on record late and all at once, has everything counted anew. (Only the very first call
    counts all there is: a vote on its way at that moment may be missed.)
    """
    tally, _ = AnswerTally.objects.get_or_create(collection=collection)
    lock = {"skip_locked": True} if connection.features.has_select_for_update_skip_locked else {}
    tally = AnswerTally.objects.select_for_update(**lock).filter(pk=tally.pk).first()
    now = timezone.now()
    if tally is None:  # someone else is counting
        return CountedSoFar(0, now)
    _begin_anew_after_import(collection, tally)
    newest = Vote.objects.aggregate(pk=Max("pk"))["pk"] or 0
    if tally.looked_at is None:
        tally.next_vote = newest
    elif (now - tally.looked_at).total_seconds() < SETTLED_S:
        return CountedSoFar(max(0, tally.next_vote - tally.last_vote), now)
    until = _until(tally, at_once)
    if until > tally.last_vote:
        _count(collection, tally.last_vote, until)
        tally.last_vote = until
    if until >= tally.next_vote:
        tally.next_vote, tally.looked_at = newest, now
    tally.save()
    return CountedSoFar(max(0, tally.next_vote - tally.last_vote), now)


def answers_by_day(*, collection: Collection, since: date) -> dict[date, int]:
    """Return the answers of each day (UTC) from ``since`` (inclusive) that had any."""
    rows = AnswerDay.objects.filter(collection=collection, day__gte=since)
    return dict(rows.order_by().values("day").annotate(n=Sum("n_answers")).values_list("day", "n"))


def first_answer_day(*, collection: Collection) -> date | None:
    """Return the day of the first answer."""
    return AnswerDay.objects.filter(collection=collection).aggregate(day=Min("day"))["day"]


def newest_counted(*, collection: Collection) -> int:
    """Return the number of the newest vote that was counted, 0 before the first."""
    rows = AnswerTally.objects.filter(collection=collection)
    return rows.values_list("last_vote", flat=True).first() or 0


def count_answers_so_far(*, collection: Collection) -> int:
    """Return how many answers were counted."""
    rows = AnswerDay.objects.filter(collection=collection)
    return rows.aggregate(n=Sum("n_answers"))["n"] or 0


def people_activity(
    *, collection: Collection, since: date, most: int
) -> tuple[list[PersonActivity], int]:
    """Return who answered since a day (inclusive), most answers first, and how many people did."""
    rows = AnswerDay.objects.filter(collection=collection, day__gte=since).order_by()
    found = (
        rows.values("annotator")
        .annotate(
            n=Sum("n_answers"), days=Count("pk"), at_work=Sum("active_s"), last=Max("last_at")
        )
        .order_by("-n", "annotator")
    )
    shown = list(found[:most].values_list("annotator", "n", "days", "at_work", "last"))
    people = Annotator.objects.in_bulk([pk for pk, *_ in shown])
    n_people = rows.aggregate(n=Count("annotator", distinct=True))["n"]
    return [PersonActivity(people[pk], *figures) for pk, *figures in shown], n_people


def _until(tally: AnswerTally, at_once: int) -> int:
    """Return the number of the last of the next ``at_once`` votes; numbers may have gaps."""
    waiting = Vote.objects.filter(pk__gt=tally.last_vote, pk__lte=tally.next_vote)
    last = waiting.order_by("pk").values_list("pk", flat=True)[at_once - 1 : at_once]
    return next(iter(last), tally.next_vote)


def _begin_anew_after_import(collection: Collection, tally: AnswerTally) -> None:
    events = AuditEvent.objects.filter(
        record_type="collection", record_id=str(collection.pk), verb__in=IMPORTS
    )
    latest = events.aggregate(pk=Max("pk"))["pk"] or 0
    if latest != tally.import_event:
        AnswerDay.objects.filter(collection=collection).delete()
        tally.import_event, tally.last_vote, tally.looked_at = latest, 0, None


def _count(collection: Collection, after: int, until: int) -> None:
    votes = Vote.objects.filter(
        pk__gt=after, pk__lte=until, nomination__collection=collection
    ).values_list("annotator_id", "cast_at")
    rows = sorted((pk, at.astimezone(UTC).date(), at) for pk, at in votes.iterator())
    places = [
        (person, day, [at for *_, at in found])
        for (person, day), found in groupby(rows, key=lambda row: row[:2])
    ]
    if places:
        _write(collection, places)


def _write(collection: Collection, places: list[tuple[int, date, list[datetime]]]) -> None:
    days = [day for _, day, _ in places]
    known = AnswerDay.objects.filter(collection=collection, day__gte=min(days), day__lte=max(days))
    held = {(row.annotator_id, row.day): row for row in known}
    added, changed = [], []
    for person, day, times in places:
        row = held.get((person, day))
        if row is None:
            row = AnswerDay(collection=collection, annotator_id=person, day=day, last_at=times[0])
            added.append(row)
        else:
            changed.append(row)
        row.active_s += active_seconds([at.timestamp() for at in (row.last_at, *times)])
        row.n_answers += len(times)
        row.last_at = max(row.last_at, times[-1])
    AnswerDay.objects.bulk_create(added, batch_size=1000)
    AnswerDay.objects.bulk_update(changed, ["n_answers", "active_s", "last_at"], batch_size=200)
