"""Decides nominations from their votes."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from django.db import transaction
from django.utils import timezone

from datasets_app.audit.services import record_event
from datasets_app.audit.table_statistics import refresh_statistics
from datasets_app.clips.gate import hold_gate
from datasets_app.clips.models import Collection, DecisionMethod
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.held_clip import hold_clip
from datasets_app.labels.inference import Inference, fit_annotators, infer
from datasets_app.labels.models import Label
from datasets_app.nominations.class_work import (
    change_class_work,
    counts_of,
    deltas_between,
    recount_class_work,
)
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.services import refresh_priorities
from datasets_app.people.models import Annotator, User
from datasets_app.votes.models import Vote
from datasets_app.votes.services import cast_vote

BATCH = 5000
LabelRow: TypeAlias = tuple[str, str, str, float]
"""State, value, how it was reached, and the posterior of presence or absence."""


@dataclass(frozen=True, slots=True)
class InferenceSummary:
    """What ``infer_labels`` found; counts are of all nominations voted on, ``n_wanted`` of answers
    that these still want."""

    n_nominations: int
    n_changed: int
    n_by_state: dict[str, int]
    n_by_value: dict[str, int]
    n_wanted: int


@transaction.atomic
def infer_labels(
    *,
    collection: Collection,
    nominations: Iterable[int] | None = None,
    method: DecisionMethod | None = None,
    actor: User | None = None,
) -> InferenceSummary:
    """Decide every nomination that has a vote (or those with the given ids), in one transaction.

    ``method`` becomes the collection's, if given; Dawid and Skene's model is fitted anew when all
    are decided. Labels that come out as before are left as they are, and each nomination learns how
    many answers it still wants.
    """
    ids = None if nominations is None else list(nominations)
    hold_gate(collection_id=collection.pk, alone=ids is None)
    same_clips = _locked_of_same_clips(ids)
    before = {} if ids is None else counts_of(Nomination.objects.filter(pk__in=ids))
    if method is not None and method != collection.decision_method:
        collection.decision_method = method
        collection.save(update_fields=["decision_method"])
    if ids is None and collection.decision_method == DecisionMethod.DAWID_SKENE:
        fit_annotators(collection=collection)
    inference = infer(collection=collection, nominations=ids)
    found = _rows(inference)
    n_changed = _write_labels(collection, ids, found)
    _write_wanted(inference)
    refresh_priorities(collection=collection, nominations=same_clips)
    if ids is None:
        recount_class_work(collection=collection)
    else:
        after = counts_of(Nomination.objects.filter(pk__in=ids))
        change_class_work(collection_id=collection.pk, deltas=deltas_between(before, after))
    summary = InferenceSummary(
        n_nominations=len(found),
        n_changed=n_changed,
        n_by_state=dict(Counter(row[0] for row in found.values())),
        n_by_value=dict(Counter(row[1] for row in found.values() if row[1])),
        n_wanted=int(inference.n_wanted.sum()),
    )
    if n_changed and ids is None:
        refresh_statistics(Nomination, Label)
        record_event(
            actor=actor,
            verb="infer_labels",
            record=collection,
            after={
                "method": collection.decision_method,
                "n_changed": n_changed,
                **summary.n_by_state,
            },
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
    """Take an answer, wanted or not, and decide its nomination anew.

    What people answer on pages goes through ``labels.answering.take_answer``, which asks first
    whether they may.
    """
    hold_gate(collection_id=nomination.collection_id)
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
    held = hold_clip(collection=nomination.clip.collection, pk=nomination.pk)
    if held is not None:
        held.decide()
    return vote


def _locked_of_same_clips(ids: list[int] | None) -> list[int] | None:
    """Lock all nominations of the clips: a decision on one raises the priority of the others."""
    if ids is None:
        return None
    clips = Nomination.objects.filter(pk__in=ids).values("clip")
    rows = Nomination.objects.filter(clip__in=clips).select_for_update(no_key=True, of=("self",))
    return list(rows.order_by("clip", "pk").values_list("pk", flat=True))


def _rows(inference: Inference) -> dict[int, LabelRow]:
    decisions = inference.decisions
    return {
        pk: (state.value, value.value if value else "", how.value, round(posterior, 4))
        for pk, state, value, how, posterior in zip(
            inference.nomination_ids.tolist(),
            decisions.state,
            decisions.value,
            decisions.reached_by,
            inference.posterior.tolist(),
            strict=True,
        )
    }


def _write_labels(
    collection: Collection, ids: list[int] | None, found: Mapping[int, LabelRow]
) -> int:
    on_record = Label.objects.filter(nomination__clip__collection=collection)
    if ids is not None:
        on_record = on_record.filter(nomination__in=ids)
    columns = ("state", "value", "reached_by", "posterior")
    known = {pk: tuple(row) for pk, *row in on_record.values_list("nomination_id", *columns)}
    now = timezone.now()
    changed = [
        Label(
            nomination_id=pk,
            state=state,
            value=value,
            reached_by=how,
            posterior=posterior,
            decided_at=now,
        )
        for pk, (state, value, how, posterior) in found.items()
        if known.get(pk) != (state, value, how, posterior)
    ]
    Label.objects.bulk_create(
        changed,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["nomination"],
        update_fields=[*columns, "decided_at"],
    )
    return len(changed)


def _write_wanted(inference: Inference) -> None:
    """Update by value: wishes are few small numbers, nominations are many."""
    for n_wanted in np.unique(inference.n_wanted).tolist():
        ids = inference.nomination_ids[inference.n_wanted == n_wanted].tolist()
        for start in range(0, len(ids), BATCH):
            rows = Nomination.objects.filter(pk__in=ids[start : start + BATCH])
            rows.exclude(n_wanted=n_wanted).update(n_wanted=n_wanted)
