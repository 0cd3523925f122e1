"""How far a collection's annotators agree."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from datasets_app.clips.models import Collection
from datasets_app.domain.agreement import (
    AgreementSummary,
    agreement_with_rest,
    summarise_agreement,
)
from datasets_app.people.models import Annotator
from datasets_app.votes.selectors import count_votes, list_vote_triples

REPLICATES = 1000


def report_agreement(*, collection: Collection, seed: int = 0) -> dict[str, Any]:
    """Return Krippendorff's α and raw agreement, overall, per class and per annotator.

    Only trusted votes count. Intervals are 95 % bootstrap intervals over nominations. Figures that
    are not defined (nobody answered twice, or all answers are alike) are None.
    """
    votes = count_votes(collection=collection)
    overall = summarise_agreement(votes.counts, seed=seed, n_replicates=REPLICATES)
    return {
        "collection": collection.name,
        "values": ["PP", "PNP", "NP", "U"],
        "metric": "nominal",
        "n_replicates": REPLICATES,
        "seed": seed,
        "overall": _figures(overall),
        "classes": list(_per_class(collection, votes.class_ids, votes.counts, seed)),
        "annotators": list(_per_annotator(collection)),
    }


def _per_class(
    collection: Collection, class_ids: Any, counts: Any, seed: int
) -> Iterator[dict[str, Any]]:
    classes = collection.ontology.classes.in_bulk(np.unique(class_ids).tolist())
    for sound_class in sorted(classes.values(), key=lambda c: (c.name, c.mid)):
        rows = counts[class_ids == sound_class.pk]
        summary = summarise_agreement(rows, seed=seed, n_replicates=REPLICATES)
        yield {"mid": sound_class.mid, "name": sound_class.name, **_figures(summary)}


def _per_annotator(collection: Collection) -> Iterator[dict[str, Any]]:
    triples = list_vote_triples(collection=collection)
    found = agreement_with_rest(triples.nomination_ids, triples.annotator_ids, triples.value)
    names = Annotator.objects.in_bulk(list(found))
    n_votes = dict(zip(*np.unique(triples.annotator_ids, return_counts=True), strict=True))
    for pk in sorted(found, key=lambda pk: (names[pk].name, pk)):
        share, n_pairs = found[pk]
        yield {
            "annotator": names[pk].name,
            "n_votes": int(n_votes[pk]),
            "n_pairs": n_pairs,
            "agreement_with_rest": _finite(share),
        }


def _figures(summary: AgreementSummary) -> dict[str, Any]:
    """Return the summary as JSON takes it: NaN, which JSON lacks, becomes None."""

    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: clean(inner) for key, inner in value.items()}
        return _finite(value) if isinstance(value, float) else value

    return clean(asdict(summary))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def describe_agreement(report: dict[str, Any]) -> Iterator[str]:
    """Say a report in lines for a terminal."""
    yield f"Agreement in {report['collection']}: {_in_words(report['overall'])}"
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
