"""Votes as arrays, for the statistics and the decision rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db.models import Count, Max, Q
from numpy.typing import NDArray

from datasets_app.clips.models import Collection
from datasets_app.domain.votes.answers import ANSWERS
from datasets_app.nominations.models import Nomination
from datasets_app.votes.models import Vote

_COLUMN = {answer.value: column for column, answer in enumerate(ANSWERS)}


@dataclass(frozen=True, slots=True)
class VoteCounts:
    """Trusted answers per nomination: row i of ``counts`` (n, 4) is of ``nomination_ids[i]``.

    ``last_expert`` (n,) is the column of the latest expert answer, -1 where there is none.
    """

    nomination_ids: NDArray[np.int64]
    class_ids: NDArray[np.int64]
    counts: NDArray[np.int64]
    last_expert: NDArray[np.int64]


def count_votes(*, collection: Collection, nominations: Iterable[int] | None = None) -> VoteCounts:
    """Count the trusted votes of every nomination that has a vote, in the database."""
    if nominations is None:
        rows = Nomination.objects.filter(clip__collection=collection)
        votes = Vote.objects.filter(nomination__clip__collection=collection)
    else:
        chosen = list(nominations)
        rows = Nomination.objects.filter(pk__in=chosen)
        votes = Vote.objects.filter(nomination__in=chosen)
    rows = rows.filter(votes__isnull=False)
    expert_votes = votes.filter(is_expert=True, is_trusted=True)
    counters = {
        f"n_{answer.value}": Count(
            "votes", filter=Q(votes__answer=answer.value, votes__is_trusted=True)
        )
        for answer in ANSWERS
    }
    counted = rows.annotate(**counters).order_by("pk")
    table = np.array(
        list(counted.values_list("pk", "sound_class_id", *counters)), dtype=np.int64
    ).reshape(-1, 2 + len(ANSWERS))
    ids = table[:, 0]
    latest = dict(expert_votes.order_by("cast_at", "pk").values_list("nomination_id", "answer"))
    last_expert = np.array(
        [_COLUMN[latest[i]] if i in latest else -1 for i in ids.tolist()], dtype=np.int64
    )
    return VoteCounts(ids, table[:, 1], table[:, 2:], last_expert)


@dataclass(frozen=True, slots=True)
class VoteTriples:
    """Every trusted vote as three aligned arrays; ``value`` is a column of ``ANSWERS``."""

    nomination_ids: NDArray[np.int64]
    annotator_ids: NDArray[np.int64]
    value: NDArray[np.int64]


def list_vote_triples(
    *, collection: Collection, nominations: Iterable[int] | None = None
) -> VoteTriples:
    """Return who answered what to which nomination (all, or those with the given ids)."""
    votes = Vote.objects.filter(nomination__clip__collection=collection, is_trusted=True)
    if nominations is not None:
        votes = votes.filter(nomination__in=list(nominations))
    rows = votes.order_by("nomination_id", "annotator_id")
    rows = rows.values_list("nomination_id", "annotator_id", "answer")
    table = np.array([(n, a, _COLUMN[v]) for n, a, v in rows.iterator()], dtype=np.int64)
    table = table.reshape(-1, 3)
    return VoteTriples(table[:, 0], table[:, 1], table[:, 2])


def last_answer_weeks(*, collection: Collection) -> dict[int, date]:
    """Return the Monday of the week (UTC) of each nomination's last vote, by nomination id."""
    rows = Nomination.objects.filter(clip__collection=collection, votes__isnull=False)
    last = rows.annotate(last=Max("votes__cast_at")).values_list("pk", "last")
    return {pk: _monday(at.date()) for pk, at in last}


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
