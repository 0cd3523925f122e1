"""Labels before and after they are released, and how far their decisions have come."""

from collections.abc import Mapping, Sequence
from typing import Any

from datasets_app.clips.models import Collection
from datasets_app.reports.exhibits import Exhibit, Section, counted, listed, mostly
from datasets_app.reports.figures_in_words import percent
from datasets_app.reports.label_counts import KINDS, posterior_bins, total_of
from datasets_app.reports.label_figures import (
    NOT_RELEASED,
    decisions_figure,
    label_counts_figure,
    posteriors_figure,
    wanted_figure,
)

Rows = Sequence[Mapping[str, Any]]


def labels_section(*, labels: Rows, vocabulary: Mapping[str, Any] | None) -> Section:
    """Return the labels of each class before and after merging and propagation.

    ``labels`` are ``label_counts.label_rows``, ``vocabulary`` is ``counts.vocabulary_summary``.
    """
    title = "Labels before and after merging and propagation"
    if not labels:
        return Section(
            "labels",
            title,
            "No label is decided yet. Once annotators have answered, infer_labels decides, and "
            "the classes stand here.",
        )
    return Section(
        "labels",
        title,
        _fates(labels, vocabulary),
        exhibits=[_by_class(labels, has_split=vocabulary is not None)],
        partial="reports/merges.html" if vocabulary and vocabulary["merges"] else "",
        data={"vocabulary": vocabulary},
    )


def _fates(labels: Rows, vocabulary: Mapping[str, Any] | None) -> str:
    direct = [row["n_direct"] for row in labels if row["n_direct"]]
    decided = f"People decided {counted(sum(direct), 'label')} of {_classes(len(direct))}"
    if vocabulary is None:
        return f"{decided}. Nothing is merged or propagated before assign_splits has run."
    n_released = sum(row["n_released"] or 0 for row in labels)
    return (
        f"{decided}; with all that they imply, a release has {counted(n_released, 'label')} of "
        f"{_classes(vocabulary['n_classes'])} with at least {vocabulary['min_dev']} in dev and "
        f"{vocabulary['min_eval']} in eval."
    )


def _classes(n: int) -> str:
    return counted(n, "class", "classes")


def _by_class(labels: Rows, *, has_split: bool) -> Exhibit:
    fates = {fate: [r["name"] for r in labels if r["fate"] == fate] for fate in NOT_RELEASED}
    told = [
        f"{len(n)} {'is' if len(n) == 1 else 'are'} {fate} ({listed(n)})"
        for fate, n in fates.items()
        if n
    ]
    grown = [r for r in labels if (r["n_released"] or 0) > r["n_direct"]]
    most = max(grown, key=lambda r: r["n_released"] - r["n_direct"], default=None)
    finding = f"Of the classes with labels, {' and '.join(told)}. " if told else ""
    if has_split and not told:
        finding = "Every class with labels is large enough to be released. "
    if most:
        finding += (
            f"“{most['name']}” gains most from propagation: from {most['n_direct']:,} labels to "
            f"{most['n_released']:,}."
        )
    return Exhibit(
        "label-counts",
        "By class",
        finding.strip() or f"“{labels[0]['name']}” has most labels, “{labels[-1]['name']}” fewest.",
        "Clips that carry each class: as people decided, and as released, where a label adds its "
        "ancestors and merged classes give theirs to their parents.",
        label_counts_figure(labels),
        ("Class", "decided by people", "released", "what became of it"),
        [
            (
                row["name"],
                f"{row['n_direct']:,}",
                "–" if row["n_released"] is None else f"{row['n_released']:,}",
                row["fate"],
            )
            for row in labels
        ],
    )


def decisions_section(*, collection: Collection, decisions: Rows) -> Section:
    """Return how far decisions have come; ``decisions`` are ``label_counts.decision_rows``."""
    title = "Decisions"
    if not decisions:
        return Section(
            "decisions",
            title,
            "Nothing is nominated yet, so there is nothing to decide: run nominate_labels.",
        )
    totals = total_of(decisions)
    n = sum(totals[f"n_{kind}"] for kind in KINDS)
    n_decided = totals["n_present"] + totals["n_absent"] + totals["n_unsure"]
    return Section(
        "decisions",
        title,
        f"{n_decided:,} of {counted(n, 'nomination')} ({percent(n_decided / n)}) are decided, "
        f"{totals['n_present']:,} of them present.",
        exhibits=[
            _states(decisions, totals),
            *_posteriors(collection, posterior_bins(collection=collection)),
            *_wanted(decisions, totals["n_wanted"]),
        ],
    )


def _states(decisions: Rows, totals: Mapping[str, int]) -> Exhibit:
    ordered = sorted(decisions, key=lambda row: (_n_nominations(row), row["name"]))
    conflicts = sorted(
        (row for row in decisions if row["n_conflicted"]),
        key=lambda row: (-row["n_conflicted"], row["name"]),
    )
    finding = "No nomination is in conflict."
    if conflicts:
        finding = (
            f"{counted(totals['n_conflicted'], 'nomination')} "
            f"{'is' if totals['n_conflicted'] == 1 else 'are'} in conflict, "
            f"{mostly([row['name'] for row in conflicts], 'in')}: a curator decides them."
        )
    return Exhibit(
        "decisions",
        "By class",
        finding,
        "Nominations of each class by what became of them.",
        decisions_figure(ordered),
        ("Class", "present", "not present", "unsure", "conflict", "too few answers", "no answer"),
        [(row["name"], *(f"{row[f'n_{kind}']:,}" for kind in KINDS)) for row in reversed(ordered)],
    )


def _n_nominations(row: Mapping[str, Any]) -> int:
    return sum(row[f"n_{kind}"] for kind in KINDS)


def _posteriors(collection: Collection, bins: Rows) -> list[Exhibit]:
    if not bins:
        return []
    threshold = collection.decision_threshold
    n = sum(row["n"] for row in bins)
    n_sure = sum(row["n"] for row in bins if row["low"] >= threshold - 1e-9)
    return [
        Exhibit(
            "posteriors",
            "How sure they are",
            f"{percent(n_sure / n)} of {counted(n, 'nomination')} with answers are as sure as the "
            f"collection asks for, {percent(threshold)} or more.",
            "Probability of presence or absence, whichever is larger, given the answers. The "
            "dotted line is where a nomination stops asking.",
            posteriors_figure(bins, threshold=threshold),
            ("Posterior", "nominations"),
            [(f"{row['low']:.3f} to {row['high']:.3f}", f"{row['n']:,}") for row in bins],
        )
    ]


def _wanted(decisions: Rows, n_wanted: int) -> list[Exhibit]:
    rows = sorted(
        (row for row in decisions if row["n_wanted"]),
        key=lambda row: (row["n_wanted"], row["name"]),
    )
    if not rows:
        return []
    return [
        Exhibit(
            "wanted",
            "Answers still wanted",
            f"{counted(n_wanted, 'answer')} {'is' if n_wanted == 1 else 'are'} still wanted, "
            f"{mostly([row['name'] for row in reversed(rows)], 'for')}.",
            "Answers that the nominations of each class still ask for.",
            wanted_figure(rows),
            ("Class", "answers wanted"),
            [(row["name"], f"{row['n_wanted']:,}") for row in reversed(rows)],
        )
    ]
