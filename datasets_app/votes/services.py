"""Takes people's answers."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from datasets_app.domain.votes.answers import Answer
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator
from datasets_app.votes.models import Vote, VoteRevision


@dataclass(frozen=True, slots=True)
class GivenVote:
    """An answer with how it came about; ``comment`` None leaves the one on record."""

    answer: Answer
    task: Vote.Task = Vote.Task.VALIDATION
    is_expert: bool = False
    is_trusted: bool = True
    heard_fraction: float | None = None
    gain_db: float | None = None
    seconds_taken: float | None = None
    comment: str | None = None
    idempotency_key: uuid.UUID | None = None
    cast_at: datetime | None = None

    def fields(self) -> dict[str, object]:
        """Return the fields of the vote that it becomes."""
        found: dict[str, object] = {
            "answer": self.answer.value,
            "task": self.task,
            "is_expert": self.is_expert,
            "is_trusted": self.is_trusted,
            "heard_fraction": self.heard_fraction,
            "gain_db": self.gain_db,
            "seconds_taken": self.seconds_taken,
            "idempotency_key": self.idempotency_key,
            "cast_at": self.cast_at or timezone.now(),
        }
        return found if self.comment is None else {**found, "comment": self.comment}


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
    late: an answer that was replaced since is not brought back. Decides nothing; whoever wants the
    nomination decided calls ``labels.services.record_answer``.
    """
    given = GivenVote(
        answer=answer,
        task=task,
        is_expert=is_expert,
        heard_fraction=heard_fraction,
        seconds_taken=seconds_taken,
        idempotency_key=idempotency_key,
        cast_at=cast_at,
    )
    if idempotency_key is not None:
        known = _vote_with_key(idempotency_key)
        if known is not None:
            return known
    vote, created = Vote.objects.select_for_update().get_or_create(
        nomination=nomination, annotator=annotator, defaults=given.fields()
    )
    if created:
        return vote
    return change_vote(vote=vote, given=replace(given, is_trusted=vote.is_trusted))


def change_vote(*, vote: Vote, given: GivenVote) -> Vote:
    """Replace an answer; another answer than before leaves a revision."""
    fields = given.fields()
    if vote.answer != given.answer.value:
        _keep_revision(vote, given.idempotency_key)
    for name, value in fields.items():
        setattr(vote, name, value)
    vote.save(update_fields=list(fields))
    return vote


def withdraw_vote(*, vote: Vote, idempotency_key: uuid.UUID | None) -> None:
    """Take an answer back: its revision stays, the vote is gone."""
    _keep_revision(vote, idempotency_key)
    Vote.objects.filter(pk=vote.pk).delete()


def _keep_revision(vote: Vote, replaced_by_key: uuid.UUID | None) -> None:
    VoteRevision.objects.create(
        vote=vote,
        nomination_id=vote.nomination_id,
        annotator_id=vote.annotator_id,
        answer=vote.answer,
        comment=vote.comment,
        cast_at=vote.cast_at,
        idempotency_key=vote.idempotency_key,
        replaced_by_key=replaced_by_key,
    )


def _vote_with_key(key: uuid.UUID) -> Vote | None:
    """Return the vote that was given, now or formerly, with this key."""
    vote = Vote.objects.filter(idempotency_key=key).first()
    if vote is not None:
        return vote
    revision = VoteRevision.objects.select_related("vote").filter(idempotency_key=key).first()
    return revision.vote if revision else None
