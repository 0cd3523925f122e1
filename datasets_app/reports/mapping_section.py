"""Keyword rules that propose clips which do not have the sound."""

from collections.abc import Mapping
from typing import Any

from datasets_app.reports.exhibits import Exhibit, Section, counted, listed
from datasets_app.reports.figures_in_words import percent
from datasets_app.reports.label_figures import mapping_figure

MOST_DRAWN = 20


def mapping_section(*, mappings: Mapping[str, Any] | None) -> Section:
    """Return a report by ``nominations.mapping.report_mappings``, as a record; None if no class."""
    title = "Keyword rules"
    if mappings is None:
        return Section("mapping", title, "There is no class yet; load_ontology brings them.")
    classes = [row for row in mappings["classes"] if row["n_matched"] or row["bad"]["total"]]
    n_rules = sum(row["n_rules"] for row in mappings["classes"])
    if not classes:
        return Section(
            "mapping", title, "No rule matches a clip, and nobody has judged a proposal yet."
        )
    idle = [row for row in mappings["classes"] if row["idle_rules"]]
    n_idle = sum(len(row["idle_rules"]) for row in idle)
    silent = "Every rule matches something."
    if n_idle:
        silent = f"{n_idle:,} of {counted(n_rules, 'rule')} match nothing."
    return Section(
        "mapping",
        title,
        f"{mappings['n_matched_clips']:,} of {counted(mappings['n_clips'], 'clip')} match the "
        f"rules of some class. {silent if n_rules else 'No class has rules.'}",
        exhibits=[_worst(classes, mappings["bad_above"])],
    )


def _worst(classes: list[Mapping[str, Any]], bad_above: float) -> Exhibit:
    judged = [row for row in classes if row["bad"]["total"]]
    bad = [row["name"] for row in judged if row["is_bad"]]
    finding = f"No class surely has more than {percent(bad_above)} of its answers NP or U."
    if bad:
        finding = (
            f"{counted(len(bad), 'class has', 'classes have')} surely more than "
            f"{percent(bad_above)} NP or U, and rules to mend: {listed(bad)}."
        )
    if not judged:
        finding = "Nobody has judged what the rules propose yet."
    return Exhibit(
        "mapping",
        "Worst mappings",
        finding,
        f"Share of NP and U among the answers to what a class’s rules proposed, with 95 % Wilson "
        f"intervals; the worst {min(MOST_DRAWN, len(judged))}, by the lower end.",
        mapping_figure(judged[:MOST_DRAWN]) if judged else {},
        ("Class", "NP or U", "95 % interval", "answers", "clips matched", "also match siblings",
         "most of all", "rules that match nothing"),
        [
            (
                row["name"],
                percent(row["bad"]["share"]),
                f"{percent(row['bad']['low'])} to {percent(row['bad']['high'])}"
                if row["bad"]["total"]
                else "–",
                f"{row['bad']['total']:,}",
                f"{row['n_matched']:,}",
                percent(row["shared"]["share"]),
                row["top_sibling"] or "–",
                ", ".join(" & ".join(rule) for rule in row["idle_rules"]) or "–",
            )
            for row in classes
        ],
    )  # fmt: skip
