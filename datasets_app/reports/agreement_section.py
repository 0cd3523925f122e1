"""How far people agree: by class, by measure, over time, by person and by pair."""

from collections.abc import Mapping, Sequence
from typing import Any

from datasets_app.clips.models import Collection
from datasets_app.domain.votes.answers import ANSWERS
from datasets_app.labels.models import AnnotatorReliability
from datasets_app.reports.agreement_figures import (
    annotators_figure,
    coefficients_figure,
    pairs_figure,
    weeks_figure,
)
from datasets_app.reports.exhibits import Exhibit, Section, counted, listed
from datasets_app.reports.figures import agreement_figure
from datasets_app.reports.figures_in_words import alpha_in_words, decimals, interval, percent
from datasets_app.reports.trust import is_known

MOST_CONFUSIONS, LOWEST_PAIRS = 12, 15
LEAST_PRIOR, LEAST_VOTES = 0.002, 10
FEW_PAIRS = 20
"""Below so many compared answers (exclusive) nobody is named as differing from the rest."""
ALL, PRESENCE = "all four answers", "present or absent"
_NAMES = {
    "alpha": "Krippendorff’s α",
    "alpha_weighted": "α, weighted",
    "fleiss": "Fleiss’ κ",
    "ac1": "Gwet’s AC1",
    "raw": "equal answers",
}

_ORDER = {key: place for place, key in enumerate(_NAMES)}

Report = Mapping[str, Any]


def agreement_section(
    *, collection: Collection, agreement: Report, presence: Sequence[Report]
) -> Section:
    """Return what ``votes.agreement.report_agreement`` found, with annotators' confusions.

    ``presence`` are ``presence.presence_rows``.
    """
    overall = agreement["overall"]
    if not overall["n_ratings"]:
        return Section(
            "agreement",
            "How far people agree",
            "Nobody has answered yet. Once two people have judged the same clip and class, their "
            "agreement stands here.",
        )
    notes = [note for note in (overall["note"], agreement["presence"]["note"]) if note]
    confusions = confusion_rows(collection=collection)
    return Section(
        "agreement",
        "How far people agree",
        f"{counted(overall['n_ratings'], 'answer')} to "
        f"{counted(overall['n_units'], 'nomination')}, of which "
        f"{overall['n_pairable_units']:,} were judged by more than one person. The intervals are "
        "95 % bootstrap intervals over nominations.",
        exhibits=[
            _by_class(agreement, {row["mid"]: row for row in presence}),
            _coefficients(agreement),
            *_weeks(agreement["weeks"]),
            _annotators(agreement["annotators"]),
            *_pairs(agreement["pairs"]),
        ],
        notes=notes,
        partial="reports/confusions.html" if confusions else "",
        data={"confusions": confusions, "answers": [answer.value for answer in ANSWERS]},
    )


def _by_class(agreement: Report, presence: Mapping[str, Report]) -> Exhibit:
    defined = [row for row in agreement["classes"] if row["alpha"] is not None]
    known = [row for row in defined if is_known(row)]
    known.sort(key=lambda row: (row["alpha"], row["name"]))
    finding = "No class has enough answers to compare yet."
    if known:
        low, high = known[0], known[-1]
        finding = (
            f"People agree least on “{low['name']}” (α {decimals(low['alpha'], 2)}) and most on "
            f"“{high['name']}” (α {decimals(high['alpha'], 2)})."
        )
    return Exhibit(
        "agreement",
        "By class",
        finding,
        "Krippendorff’s α of each class over the four answers, with its interval. The dotted line "
        "is the α of all answers together.",
        agreement_figure(agreement) if defined else {},
        (
            "Class",
            "α",
            "95 % interval",
            "equal answers",
            "α, present or absent",
            "equal, present or absent",
            "answers",
            "nominations",
        ),
        [
            (
                row["name"],
                decimals(row["alpha"]),
                interval(row["alpha_interval"]) or "–",
                percent(row["raw"], 1),
                decimals(presence[row["mid"]]["alpha"]),
                percent(presence[row["mid"]]["raw"], 1),
                f"{row['n_ratings']:,}",
                f"{row['n_units']:,}",
            )
            for row in agreement["classes"]
        ],
    )


def _coefficients(agreement: Report) -> Exhibit:
    rows = [
        {"name": f"{prefix}{_NAMES[key]}", "kind": kind, **found}
        for kind, prefix, measures in (
            (ALL, "", agreement["coefficients"]),
            (PRESENCE, "present?  ", agreement["presence"]),
        )
        for key, found in sorted(measures.items(), key=lambda item: _ORDER.get(item[0], 0))
        if key in _NAMES
    ]
    alpha = agreement["overall"]["alpha"]
    return Exhibit(
        "coefficients",
        "By measure",
        f"α over all answers is {decimals(alpha)}: {alpha_in_words(alpha)}.",
        "The measures differ in what they take for chance. Weighted α counts PP against PNP as a "
        "smaller difference than PP against NP; “present?” takes PP and PNP as one and leaves U "
        "out.",
        coefficients_figure([row for row in rows if row["value"] is not None]),
        ("Measure", "value", "95 % interval"),
        [
            (f"{r['name']} ({r['kind']})", decimals(r["value"]), interval(r["interval"]) or "–")
            for r in rows
        ],
    )


def _weeks(weeks: Sequence[Report]) -> list[Exhibit]:
    rows = [
        {"week_of": week["week_of"], "value": week["alpha"], "interval": week["alpha_interval"]}
        for week in weeks
    ]
    defined = [row for row in rows if row["value"] is not None]
    if len(defined) < 2:
        return []
    first, last = defined[0], defined[-1]
    return [
        Exhibit(
            "weeks",
            "Over time",
            f"α was {decimals(first['value'], 2)} in the week of {first['week_of']} and "
            f"{decimals(last['value'], 2)} in the week of {last['week_of']}.",
            "α of the nominations whose last answer came in that week.",
            weeks_figure(defined),
            ("Week of", "α", "95 % interval"),
            [
                (r["week_of"], decimals(r["value"]), interval(r["interval"]) or "–")
                for r in reversed(rows)
            ],
        )
    ]


def _annotators(annotators: Sequence[Report]) -> Exhibit:
    rows = sorted(annotators, key=lambda row: (-row["n_votes"], row["annotator"]))
    compared = [row for row in rows if row["agreement_with_rest"] is not None]
    enough = [row for row in compared if row["n_pairs"] >= FEW_PAIRS]
    lowest = min(enough, key=lambda row: row["agreement_with_rest"], default=None)
    finding = "No two people have judged the same nomination often enough to compare them."
    if lowest:
        finding = (
            f"Of {counted(len(rows), 'annotator')}, “{lowest['annotator']}” differs most: "
            f"{percent(lowest['agreement_with_rest'])} of the pairs with others are equal."
        )
    return Exhibit(
        "annotators",
        "Annotators",
        finding,
        "Each dot is a person: how many answers they gave, and how many of the pairs of their "
        "answer with another’s to the same nomination are equal.",
        annotators_figure(compared) if compared else {},
        ("Annotator", "answers", "compared pairs", "equal answers"),
        [
            (
                row["annotator"],
                f"{row['n_votes']:,}",
                f"{row['n_pairs']:,}",
                percent(row["agreement_with_rest"], 1),
            )
            for row in rows
        ],
    )


def _pairs(pairs: Sequence[Report]) -> list[Exhibit]:
    defined = sorted(
        (row for row in pairs if row["kappa"] is not None),
        key=lambda row: (row["kappa"], row["annotators"]),
    )
    if not defined:
        return []
    below = [row for row in defined if row["kappa"] < 0.4]
    shown = defined[:LOWEST_PAIRS]
    finding = f"All {counted(len(defined), 'compared pair')} have a κ of 0.4 or more."
    if below:
        people = list(dict.fromkeys(name for row in below for name in row["annotators"]))
        finding = (
            f"{len(below):,} of {counted(len(defined), 'compared pair')} "
            f"{'has' if len(below) == 1 else 'have'} a κ below 0.4; among them are "
            f"{listed(people)}."
        )
    return [
        Exhibit(
            "pairs",
            "Pairs who agree least",
            finding,
            f"Cohen’s κ of the {len(shown)} lowest pairs, with 95 % intervals.",
            pairs_figure(shown),
            ("Pair", "κ", "95 % interval", "nominations in common"),
            [
                (
                    " and ".join(row["annotators"]),
                    decimals(row["kappa"]),
                    interval(row["interval"]) or "–",
                    f"{row['n_shared']:,}",
                )
                for row in defined
            ],
        )
    ]


def confusion_rows(*, collection: Collection) -> list[dict[str, Any]]:
    """Return how the most active annotators answer, by the last fit: one query, maybe no rows.

    ``lines`` are (truth, [(answer, share)]), both in the order of ``ANSWERS``; truths that the fit
    found nowhere are left out, as are people of few answers: nothing is known of them.
    """
    found = AnnotatorReliability.objects.filter(
        fit__collection=collection, n_votes__gte=LEAST_VOTES
    )
    found = found.select_related("annotator", "fit").order_by("-n_votes", "annotator__name")
    return [
        {
            "annotator": row.annotator.name,
            "n_votes": row.n_votes,
            "lines": [
                (truth.value, list(zip([a.value for a in ANSWERS], shares, strict=True)))
                for truth, shares, prior in zip(ANSWERS, row.confusion, row.fit.priors, strict=True)
                if prior >= LEAST_PRIOR
            ],
        }
        for row in found[:MOST_CONFUSIONS]
    ]
