"""Takes people's answers."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from datasets_app.domain.votes.answers import Answer
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator
from datasets_app.votes.models import Vote, VoteRevision


@transaction.atomic
def cast_vote(
    *,
    nomination: Nomination,
    annotator: Annotator,
    answer: Answer,
    task: Vote.Task,
    is_expert: bool = False,
    heard_fraction: float | None = None,
    seconds_taken: float | None = None,
    idempotency_key: uuid.UUID | None = None,
    cast_at: datetime | None = None,
) -> Vote:
    """Record an answer; a changed one keeps the former as a revision.

    The same ``idempotency_key`` sent again changes nothing, so that a client may retry, however
    late: an answer that was replaced since is not brought back.
    """
    if idempotency_key is not None:
        known = _vote_with_key(idempotency_key)
        if known is not None:
            return known
    fields = {
        "answer": answer.value,
        "task": task,
        "is_expert": is_expert,
        "heard_fraction": heard_fraction,
        "seconds_taken": seconds_taken,
        "idempotency_key": idempotency_key,
        "cast_at": cast_at or timezone.now(),
    }
    vote, created = Vote.objects.select_for_update().get_or_create(
        nomination=nomination, annotator=annotator, defaults=fields
    )
    if created:
        return vote
    if vote.answer != answer.value:
        VoteRevision.objects.create(
            vote=vote,
            answer=vote.answer,
            cast_at=vote.cast_at,
            idempotency_key=vote.idempotency_key,
        )
    for name, value in fields.items():
        setattr(vote, name, value)
    vote.save(update_fields=list(fields))
    return vote


def _vote_with_key(key: uuid.UUID) -> Vote | None:
    """Return the vote that was given, now or formerly, with this key."""
    vote = Vote.objects.filter(idempotency_key=key).first()
    if vote is not None:
        return vote
    revision = VoteRevision.objects.select_related("vote").filter(idempotency_key=key).first()
    return revision.vote if revision else None
