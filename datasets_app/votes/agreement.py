"""How far a collection's annotators agree."""

from collections.abc import Iterator
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets_app.clips.models import Collection
from datasets_app.domain.votes.agreement import agreement_with_rest, summarise_agreement
from datasets_app.domain.votes.answer_distance import ANSWER_DISTANCE
from datasets_app.domain.votes.answers import ANSWERS, Answer
from datasets_app.domain.votes.coefficient import (
    Coefficient,
    agreement_by_part,
    agreement_coefficients,
)
from datasets_app.domain.votes.pairwise_kappa import (
    PairwiseKappa,
    pairwise_cohen_kappa,
    pairwise_intervals,
)
from datasets_app.domain.votes.prevalence import prevalence_warning
from datasets_app.people.models import Annotator
from datasets_app.votes.selectors import (
    VoteCounts,
    VoteTriples,
    count_votes,
    last_answer_weeks,
    list_vote_triples,
)

REPLICATES = 1000
MIN_SHARED = 10
"""Two annotators are compared when they answered this many nominations in common (inclusive)."""
MOST_PAIRS = 200
"""Pairs listed, those with most nominations in common: 350 annotators make 60,000 pairs."""


def report_agreement(
    *, collection: Collection, seed: int = 0, n_replicates: int = REPLICATES
) -> dict[str, Any]:
    """Return the agreement overall, per class, per annotator, per pair of annotators, per week.

    Only trusted votes count. Intervals are 95 % bootstrap intervals over nominations. Figures that
    are not defined (nobody answered twice, or all answers are alike) are None. ``presence`` is the
    same with PP and PNP as one value and U left out; the ``note``s say in words where one value
    dominates, so that α says little.
    """
    votes = count_votes(collection=collection)
    triples = list_vote_triples(collection=collection)
    names = Annotator.objects.in_bulk(np.unique(triples.annotator_ids).tolist())
    return {
        "collection": collection.name,
        "values": [answer.value for answer in ANSWERS],
        "n_replicates": n_replicates,
        "seed": seed,
        "overall": {
            **_summary(votes.counts, seed, n_replicates),
            "note": prevalence_warning(votes.counts, value_names=list(ANSWERS)),
        },
        "coefficients": _plain(
            agreement_coefficients(
                votes.counts, distance=ANSWER_DISTANCE, seed=seed, n_replicates=n_replicates
            )
        ),
        "presence": _presence(votes.counts, seed, n_replicates),
        "classes": list(_per_class(collection, votes, seed, n_replicates)),
        "annotators": list(_per_annotator(triples, names)),
        "pairs": list(_per_pair(triples, names, seed, n_replicates)),
        "weeks": list(_per_week(collection, votes, seed, n_replicates)),
    }


def _summary(counts: NDArray[np.int64], seed: int, n_replicates: int) -> dict[str, Any]:
    return _plain(summarise_agreement(counts, seed=seed, n_replicates=n_replicates))


def _presence(counts: NDArray[np.int64], seed: int, n_replicates: int) -> dict[str, Any]:
    column = {answer: i for i, answer in enumerate(ANSWERS)}
    present = counts[:, column[Answer.PP]] + counts[:, column[Answer.PNP]]
    collapsed = np.column_stack([present, counts[:, column[Answer.NP]]])
    found = agreement_coefficients(collapsed, seed=seed, n_replicates=n_replicates)
    kept = (Coefficient.ALPHA, Coefficient.AC1, Coefficient.RAW)
    return {
        **_plain({name: found[name] for name in kept}),
        "note": prevalence_warning(collapsed, value_names=["present", "absent"]),
    }


def _per_class(
    collection: Collection, votes: VoteCounts, seed: int, n_replicates: int
) -> Iterator[dict[str, Any]]:
    classes = collection.ontology.classes.in_bulk(np.unique(votes.class_ids).tolist())
    for sound_class in sorted(classes.values(), key=lambda c: (c.name, c.mid)):
        rows = votes.counts[votes.class_ids == sound_class.pk]
        found = _summary(rows, seed, n_replicates)
        yield {"mid": sound_class.mid, "name": sound_class.name, **found}


def _per_annotator(triples: VoteTriples, names: dict[int, Annotator]) -> Iterator[dict[str, Any]]:
    found = agreement_with_rest(triples.nomination_ids, triples.annotator_ids, triples.value)
    n_votes = dict(zip(*np.unique(triples.annotator_ids, return_counts=True), strict=True))
    for pk in sorted(found, key=lambda pk: (names[pk].name, pk)):
        share, n_pairs = found[pk]
        yield {
            "annotator": names[pk].name,
            "n_votes": int(n_votes[pk]),
            "n_pairs": n_pairs,
            "agreement_with_rest": _plain(share),
        }


def _per_pair(
    triples: VoteTriples, names: dict[int, Annotator], seed: int, n_replicates: int
) -> Iterator[dict[str, Any]]:
    found = pairwise_cohen_kappa(
        triples.nomination_ids,
        triples.annotator_ids,
        triples.value,
        len(ANSWERS),
        min_shared=MIN_SHARED,
    )
    listed = np.sort(np.argsort(-found.n_shared, kind="stable")[:MOST_PAIRS])
    found = PairwiseKappa(*(getattr(found, f.name)[listed] for f in fields(found)))
    low, high = pairwise_intervals(found, seed=seed, n_replicates=n_replicates)
    rows = zip(found.first, found.second, found.n_shared, found.kappa, low, high, strict=True)
    for first, second, n_shared, kappa, at_least, at_most in rows:
        yield {
            "annotators": [names[int(first)].name, names[int(second)].name],
            "n_shared": int(n_shared),
            "kappa": _plain(float(kappa)),
            "interval": {"low": _plain(float(at_least)), "high": _plain(float(at_most))},
        }


def _per_week(
    collection: Collection, votes: VoteCounts, seed: int, n_replicates: int
) -> Iterator[dict[str, Any]]:
    """A nomination belongs to the week of its last answer, a Monday."""
    mondays = last_answer_weeks(collection=collection)
    days = np.array([mondays[pk].toordinal() for pk in votes.nomination_ids.tolist()], dtype=int)
    by_day = {monday.toordinal(): monday for monday in mondays.values()}
    parts = agreement_by_part(votes.counts, days, seed=seed, n_replicates=n_replicates)
    for day, found in parts.items():
        yield {"week_of": by_day[day].isoformat(), **_plain(found)}


def _plain(value: Any) -> Any:
    """Return figures as JSON takes them: NaN, which JSON lacks, becomes None."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, float):
        return float(value) if np.isfinite(value) else None
    return value


def describe_agreement(report: dict[str, Any]) -> Iterator[str]:
    """Say a report in lines for a terminal."""
    yield f"Agreement in {report['collection']}: {_in_words(report['overall'])}"
    for name, found in report["coefficients"].items():
        yield f"  {name}: {_with_interval(found['value'], found['interval'])}"
    presence = report["presence"]
    yield (
        "  present or absent: α "
        f"{_with_interval(presence['alpha']['value'], presence['alpha']['interval'])}, raw "
        f"{_with_interval(presence['raw']['value'], presence['raw']['interval'])}"
    )
    for note in (report["overall"]["note"], presence["note"]):
        if note:
            yield f"  Note: {note}"
    for row in report["classes"]:
        yield f"  {row['name']}: {_in_words(row)}"
    for row in report["annotators"]:
        share = row["agreement_with_rest"]
        shown = "with nobody to compare" if share is None else f"{share:.3f} with the rest"
        yield f"  {row['annotator']}: {row['n_votes']} votes, {shown}"


def _in_words(figures: dict[str, Any]) -> str:
    return (
        f"α {_with_interval(figures['alpha'], figures['alpha_interval'])}, "
        f"raw {_with_interval(figures['raw'], figures['raw_interval'])} "
        f"({figures['n_ratings']} answers to {figures['n_units']} nominations)"
    )


def _with_interval(value: float | None, interval: dict[str, Any]) -> str:
    if value is None:
        return "undefined"
    if interval["low"] is None:
        return f"{value:.3f}"
    return f"{value:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]"
