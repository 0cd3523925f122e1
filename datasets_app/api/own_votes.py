"""A person's own answers, those to verification clips among them and not to be told apart.

Both kinds are asked for every time, in the same way, whichever of them holds the answer.
"""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from datasets_app.people.models import Annotator
from datasets_app.votes.models import Vote
from datasets_app.votes.verification import VerificationAnswer

Place = tuple[datetime, int]
_OF_NOMINATION = ("nomination__clip", "nomination__sound_class", "nomination__collection")


def own_votes(
    *, annotator: Annotator, of: dict[str, Any], after: Place | None, most: int
) -> list[SimpleNamespace]:
    """Return a person's next answers, newest first, of nominations that fit ``of``: two queries."""
    found = [
        vote_as_told(row)
        for rows in (_votes(annotator, of), _verified(annotator, of))
        for row in _behind(rows, after)[:most]
    ]
    return sorted(found, key=lambda vote: vote.place, reverse=True)[:most]


def own_vote(*, annotator: Annotator | None, nomination_id: int) -> SimpleNamespace | None:
    """Return a person's answer to one nomination, None where there is none: two queries."""
    if annotator is None:
        return None
    of = {"pk": nomination_id}
    kinds = (_votes(annotator, of), _verified(annotator, of))
    found = [row for rows in kinds for row in list(rows[:1])]
    return vote_as_told(found[0]) if found else None


def vote_as_told(row: Vote | VerificationAnswer, *, is_all: bool = False) -> SimpleNamespace:
    """Return an answer as its own giver is told it; with ``is_all`` as a curator is."""
    nomination = row.nomination
    return SimpleNamespace(
        place=(row.cast_at, row.nomination_id),
        nomination=nomination.uuid,
        clip=nomination.clip.uuid,
        collection=nomination.collection.name,
        sound_class=nomination.sound_class,
        answer=row.answer,
        task=getattr(row, "task", Vote.Task.VALIDATION.value),
        comment=row.comment,
        heard_fraction=row.heard_fraction,
        seconds_taken=row.seconds_taken,
        gain_db=row.gain_db,
        cast_at=row.cast_at,
        annotator=row.annotator.name if is_all else None,
        is_trusted=row.is_trusted if is_all else None,
        is_expert=row.is_expert if is_all else None,
    )


def _votes(annotator: Annotator, of: dict[str, Any]) -> QuerySet[Vote]:
    rows = Vote.objects.filter(annotator=annotator, **_below("nomination", of))
    return rows.select_related(*_OF_NOMINATION).order_by("-cast_at", "-nomination_id")


def _verified(annotator: Annotator, of: dict[str, Any]) -> QuerySet[VerificationAnswer]:
    """The last answer to each: one that was met again must not stand there twice."""
    mine = {"annotator": annotator, "nomination": OuterRef("nomination")}
    later = VerificationAnswer.objects.filter(**mine, pk__gt=OuterRef("pk")).exclude(answer="")
    rows = VerificationAnswer.objects.filter(
        ~Exists(later),
        ~Exists(Vote.objects.filter(**mine)),
        annotator=annotator,
        cast_at__isnull=False,
        **_below("nomination", of),
    ).exclude(answer="")
    return rows.select_related(*_OF_NOMINATION).order_by("-cast_at", "-nomination_id")


def _below(name: str, of: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}__{column}": value for column, value in of.items()}


def _behind(rows: QuerySet[Any], after: Place | None) -> QuerySet[Any]:
    if after is None:
        return rows
    cast_at, nomination_id = after
    same = Q(cast_at=cast_at, nomination_id__lt=nomination_id)
    return rows.filter(Q(cast_at__lt=cast_at) | same, cast_at__lte=cast_at)
