"""One HTML file that tells a curator at a glance where labels can be trusted."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datasets_app.clips.models import Collection
from datasets_app.labels.noise import audit_labels
from datasets_app.nominations.mapping import report_mappings
from datasets_app.reports.agreement_section import agreement_section
from datasets_app.reports.counts import vocabulary_summary
from datasets_app.reports.exhibits import figures_of
from datasets_app.reports.label_counts import decision_rows, label_rows, total_of
from datasets_app.reports.label_sections import decisions_section, labels_section
from datasets_app.reports.mapping_section import mapping_section
from datasets_app.reports.noise_section import noise_section
from datasets_app.reports.page import write_page
from datasets_app.reports.presence import presence_rows
from datasets_app.reports.split_sections import contamination_section, uploaders_section
from datasets_app.reports.trust import trust_groups, trust_in_a_sentence


def write_curation_report(
    *, collection: Collection, agreement: Mapping[str, Any], out: Path
) -> Path:
    """Write the curation report of a collection to ``out``, whole or not at all.

    Parameters
    ----------
    collection
        What it is about; its latest split is told of.
    agreement
        The report of ``datasets_app.votes.agreement.report_agreement``.
    out
        The file; an older one is replaced.

    Notes
    -----
    The file needs no network (``page.write_page``). The number of queries does not grow with the
    collection.
    """
    context = curation_context(collection=collection, agreement=agreement)
    return write_page(template="reports/curation.html", context=context, out=out)


def curation_context(*, collection: Collection, agreement: Mapping[str, Any]) -> dict[str, Any]:
    """Gather what the report says; ``figures`` are by the id of their place on the page."""
    split = collection.splits.select_related("vocabulary").order_by("-pk").first()
    decisions = decision_rows(collection=collection)
    labels = label_rows(decisions=decisions, split=split)
    presence = presence_rows(collection=collection)
    groups = trust_groups(presence=presence, unanswered=_unanswered(labels, presence))
    sections = [
        labels_section(
            labels=labels, vocabulary=vocabulary_summary(split=split) if split else None
        ),
        agreement_section(collection=collection, agreement=agreement, presence=presence),
        decisions_section(collection=collection, decisions=decisions),
        noise_section(noise=audit_labels(collection=collection)),
        mapping_section(mappings=_mappings(collection)),
        contamination_section(split=split),
        uploaders_section(split=split),
    ]
    return {
        "collection": collection,
        "agreement": agreement,
        "n_clips": collection.clips.count(),
        "totals": total_of(decisions),
        "verdict": trust_in_a_sentence(groups),
        "groups": [group for group in groups if group.names],
        "sections": sections,
        "figures": figures_of(sections),
    }


def _mappings(collection: Collection) -> dict[str, Any] | None:
    """Return the report of the keyword rules; None of an ontology that has no class yet."""
    if not collection.ontology.classes.exists():
        return None
    return report_mappings(collection=collection).as_record()


def _unanswered(labels: list[dict[str, Any]], presence: list[dict[str, Any]]) -> list[str]:
    """Return the names of classes that people decided, but whose answers do not count."""
    answered = {row["name"] for row in presence}
    return sorted(row["name"] for row in labels if row["n_direct"] and row["name"] not in answered)
