"""Decides nominations from their votes."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.domain.answers import Answer
from datasets_app.domain.decision import decide_nominations
from datasets_app.labels.models import Label
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import refresh_priorities
from datasets_app.people.models import Annotator, User
from datasets_app.votes.models import Vote
from datasets_app.votes.selectors import count_votes
from datasets_app.votes.services import cast_vote

BATCH = 5000


@dataclass(frozen=True, slots=True)
class InferenceSummary:
    """What ``infer_labels`` found; the counts are of all nominations voted on."""

    n_nominations: int
    n_changed: int
    n_by_state: dict[str, int]
    n_by_value: dict[str, int]


@transaction.atomic
def infer_labels(
    *,
    collection: Collection,
    nominations: Iterable[int] | None = None,
    actor: User | None = None,
) -> InferenceSummary:
    """Decide every nomination that has a vote (or those with the given ids), in one transaction.

    The rule is ``domain.decision.decide_nominations``. Labels that come out as before are left
    as they are.
    """
    ids = None if nominations is None else list(nominations)
    votes = count_votes(collection=collection, nominations=ids)
    decided = decide_nominations(votes.counts, votes.last_expert)
    found = {
        pk: (state.value, value.value if value else "", reached_by.value)
        for pk, state, value, reached_by in zip(
            votes.nomination_ids.tolist(),
            decided.state,
            decided.value,
            decided.reached_by,
            strict=True,
        )
    }
    n_changed = _write_labels(collection, ids, found)
    refresh_priorities(collection=collection, nominations=_of_same_clips(ids))
    summary = InferenceSummary(
        n_nominations=len(found),
        n_changed=n_changed,
        n_by_state=dict(Counter(state for state, _, _ in found.values())),
        n_by_value=dict(Counter(value for _, value, _ in found.values() if value)),
    )
    if n_changed and ids is None:
        record_event(
            actor=actor,
            verb="infer_labels",
            record=collection,
            after={"n_changed": n_changed, **summary.n_by_state},
        )
    return summary


@transaction.atomic
def record_answer(
    *,
    nomination: Nomination,
    annotator: Annotator,
    answer: Answer,
    heard_fraction: float | None = None,
    seconds_taken: float | None = None,
    is_expert: bool = False,
    task: Vote.Task = Vote.Task.VALIDATION,
    idempotency_key: uuid.UUID | None = None,
) -> Vote:
    """Take an answer given on a page and decide its nomination anew."""
    vote = cast_vote(
        nomination=nomination,
        annotator=annotator,
        answer=answer,
        task=task,
        is_expert=is_expert,
        heard_fraction=heard_fraction,
        seconds_taken=seconds_taken,
        idempotency_key=idempotency_key,
    )
    infer_labels(collection=nomination.clip.collection, nominations=[nomination.pk])
    return vote


def _of_same_clips(ids: list[int] | None) -> list[int] | None:
    """Return all nominations of the clips: a decision on one raises the priority of the others."""
    if ids is None:
        return None
    clips = Nomination.objects.filter(pk__in=ids).values("clip")
    return list(Nomination.objects.filter(clip__in=clips).values_list("pk", flat=True))


def _write_labels(
    collection: Collection, ids: list[int] | None, found: dict[int, tuple[str, str, str]]
) -> int:
    on_record = Label.objects.filter(nomination__clip__collection=collection)
    if ids is not None:
        on_record = on_record.filter(nomination__in=ids)
    known = {
        pk: (state, value, reached_by)
        for pk, state, value, reached_by in on_record.values_list(
            "nomination_id", "state", "value", "reached_by"
        )
    }
    now = timezone.now()
    changed = [
        Label(nomination_id=pk, state=s, value=v, reached_by=r, decided_at=now)
        for pk, (s, v, r) in found.items()
        if known.get(pk) != (s, v, r)
    ]
    Label.objects.bulk_create(
        changed,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["nomination"],
        update_fields=["state", "value", "reached_by", "decided_at"],
    )
    return len(changed)
