"""Agreement and mapping per class and per person: computed seldom, read often."""

import math
import time
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from numpy.typing import NDArray

from datasets_app.clips.models import Collection
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.domain.proportion import wilson_interval
from datasets_app.domain.votes.agreement import agreement_with_rest, summarise_agreement
from datasets_app.domain.votes.answers import ANSWERS, Answer
from datasets_app.labels.models import Label
from datasets_app.labels.steering.models import SteeringReport
from datasets_app.nominations.mapping import MAPPED_ORIGINS
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.selectors import PRESENT_VALUES
from datasets_app.votes.selectors import VoteTriples, count_votes, list_vote_triples

REPLICATES = 500
GIVEN_UP_AFTER = timedelta(hours=1)
"""Who began so long ago and has not finished was stopped."""
_ABSENT = ANSWERS.index(Answer.NP)
_UNSURE = ANSWERS.index(Answer.U)


def refresh_steering_report(*, collection: Collection, last_vote: int) -> SteeringReport | None:
    """Compute the report anew and keep it; None if someone is at it already.

    ``last_vote`` is the newest vote known when it is asked for, kept to tell later whether the
    report is of the present answers.

    Notes
    -----
    Reads every trusted vote of the collection. Cost: 3 s for 80,000 votes of 200
    classes on a busy machine of two cores, most of it reading, which grows with the votes.
    """
    report = _begin(collection)
    if report is None:
        return None
    began = time.monotonic()
    try:
        data, n_votes = _compute(collection)
    except BaseException:
        SteeringReport.objects.filter(pk=report.pk).update(started_at=None)
        raise
    report.data, report.n_votes, report.last_vote = data, n_votes, last_vote
    report.seconds = time.monotonic() - began
    report.computed_at, report.started_at = timezone.now(), None
    report.save()
    return report


@transaction.atomic
def _begin(collection: Collection) -> SteeringReport | None:
    report, _ = SteeringReport.objects.get_or_create(collection=collection)
    now = timezone.now()
    free = Q(started_at__isnull=True) | Q(started_at__lt=now - GIVEN_UP_AFTER)
    if not SteeringReport.objects.filter(free, pk=report.pk).update(started_at=now):
        return None
    return report


def _compute(collection: Collection) -> tuple[dict[str, Any], int]:
    votes = count_votes(collection=collection)
    triples = list_vote_triples(collection=collection)
    mapped = _mapped(collection, votes.nomination_ids)
    order = np.argsort(votes.class_ids, kind="stable")
    class_ids, starts = np.unique(votes.class_ids[order], return_index=True)
    ends = [*starts[1:], order.size]
    classes = {}
    for pk, start, end in zip(class_ids.tolist(), starts, ends, strict=bool(order.size)):
        counts, by_rules = (array[order[start:end]] for array in (votes.counts, mapped))
        classes[str(pk)] = _class_row(counts, counts[by_rules])
    overall = _agreement(votes.counts) if votes.counts.size else None
    people = _people(collection, triples)
    found = {"overall": overall, "classes": classes, "people": people}
    return found, int(triples.value.size)


def _mapped(collection: Collection, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say of each nomination whether the keyword rules, or an import, proposed it."""
    rows = Nomination.objects.filter(collection=collection).exclude(origin__in=MAPPED_ORIGINS)
    others = np.fromiter(rows.order_by().values_list("pk", flat=True).iterator(), np.int64)
    return ~np.isin(ids, others)


def _class_row(counts: NDArray[np.int64], mapped: NDArray[np.int64]) -> dict[str, Any]:
    n_mapped = int(mapped.sum())
    n_bad = int(mapped[:, [_ABSENT, _UNSURE]].sum())
    low, high = (float(x) for x in wilson_interval(n_bad, n_mapped))
    bad = {"n": n_bad, "of": n_mapped, "low": low, "high": high}
    return {**_agreement(counts), "bad": bad | {"share": n_bad / n_mapped if n_mapped else None}}


def _agreement(counts: NDArray[np.int64]) -> dict[str, Any]:
    found = summarise_agreement(counts, seed=0, n_replicates=REPLICATES)
    return {
        "alpha": _plain(found.alpha),
        "alpha_interval": {k: _plain(v) for k, v in asdict(found.alpha_interval).items()},
        "raw": _plain(found.raw),
        "n_units": found.n_pairable_units,
        "n_answers": found.n_ratings,
    }


def _people(collection: Collection, triples: VoteTriples) -> dict[str, dict[str, Any]]:
    """Return by annotator id: agreement with others' answers, and with what was decided."""
    with_rest = agreement_with_rest(triples.nomination_ids, triples.annotator_ids, triples.value)
    decided = Label.objects.filter(
        nomination__collection=collection, state=DecisionState.DECIDED.value
    ).exclude(value="")
    rows = decided.order_by("nomination_id").values_list("nomination_id", "value")
    is_present = {value: value in PRESENT_VALUES for value in (v.value for v in LabelValue)}
    table = np.array([(pk, is_present[value]) for pk, value in rows.iterator()], np.int64)
    table = table.reshape(-1, 2)
    place = np.searchsorted(table[:, 0], triples.nomination_ids)
    place = np.minimum(place, max(0, len(table) - 1))
    is_decided = np.zeros(triples.value.size, bool)
    agrees = np.zeros(triples.value.size, bool)
    if len(table):
        is_decided = (table[place, 0] == triples.nomination_ids) & (triples.value != _UNSURE)
        agrees = is_decided & ((triples.value != _ABSENT) == (table[place, 1] == 1))
    people, index = np.unique(triples.annotator_ids, return_inverse=True)
    n_decided = np.bincount(index, is_decided, minlength=people.size)
    n_agreeing = np.bincount(index, agrees, minlength=people.size)
    return {
        str(pk): {
            "with_rest": _plain(with_rest[int(pk)][0]),
            "n_pairs": with_rest[int(pk)][1],
            "n_decided": int(n_decided[i]),
            "n_agreeing": int(n_agreeing[i]),
        }
        for i, pk in enumerate(people)
    }


def _plain(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
