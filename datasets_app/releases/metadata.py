"""The files of a release that describe it as a whole."""

from pathlib import Path
from typing import Any

from datasets_app.clips.models import Collection, DecisionMethod
from datasets_app.domain.labels.label_states import TrainingState
from datasets_app.releases.layout import (
    CLASS_INFO,
    DUPLICATE_COLUMNS,
    DUPLICATE_GROUPS,
    EDGE_COLUMNS,
    MERGE_COLUMNS,
    ONTOLOGY_EDGES,
    SETTINGS,
    UPLOADER_COLUMNS,
    UPLOADER_SIDES,
    VOCABULARY,
    VOCABULARY_MERGES,
)
from datasets_app.releases.plan import ReleasePlan
from datasets_app.releases.tally import ReleaseTally
from datasets_app.releases.text_files import write_csv, write_json

_FIRST = (
    "Untrusted votes are left out. The last adjudication of a pair wins over every vote. Where "
    "experts who refined a clip differ there is no decision until someone adjudicates it. "
    "Otherwise the last vote of an expert wins. "
)
_BY_METHOD = {
    DecisionMethod.RULE: (
        "Without any of these two annotators who share an answer decide, PP and PNP together mean "
        "present, and two present against two not present is a conflict."
    ),
    DecisionMethod.MAJORITY: (
        "Without any of these the answer that most annotators gave decides, from {min_votes} votes "
        "on; a tie of two present against two not present is a conflict."
    ),
    DecisionMethod.DAWID_SKENE: (
        "Without any of these the truth is inferred by Dawid and Skene's model of how each "
        "annotator answers: presence (PP and PNP together) or absence is decided once its "
        "posterior reaches {threshold:g}; what is less clear is a conflict where two say present "
        "and two say not, else undecided."
    ),
}
PROPAGATION_RULE = (
    "A positive label adds its ancestors over propagating edges. An ancestor that people decided "
    "is not present becomes undecided."
)


def decision_rule(collection: Collection) -> str:
    """Return, in words, how the collection's votes become labels; see ``labels.inference``."""
    text = _BY_METHOD[DecisionMethod(collection.decision_method)]
    numbers = {"min_votes": collection.min_votes, "threshold": collection.decision_threshold}
    return _FIRST + text.format(**numbers)


def write_metadata(folder: Path, plan: ReleasePlan, tally: ReleaseTally) -> None:
    """Write vocabulary, classes, ontology, merges, uploaders, near-duplicates and settings."""
    write_csv(
        folder / VOCABULARY,
        (),
        [(i, plan.label(c), plan.classes[c].mid) for i, c in enumerate(plan.vocabulary)],
    )
    mids = [c.mid for c in plan.classes]
    edges = [(mids[child], mids[above], int(up)) for child, above, up in plan.edges]
    write_csv(folder / ONTOLOGY_EDGES, EDGE_COLUMNS, edges)
    write_csv(folder / VOCABULARY_MERGES, MERGE_COLUMNS, _merges(plan))
    sides = sorted((name, side) for name, found in tally.uploaders.items() for side in found)
    write_csv(folder / UPLOADER_SIDES, UPLOADER_COLUMNS, sides)
    write_csv(folder / DUPLICATE_GROUPS, DUPLICATE_COLUMNS, sorted(tally.duplicates))
    write_json(folder / CLASS_INFO, _class_info(plan, tally))
    write_json(folder / SETTINGS, release_settings(plan))


def _merges(plan: ReleasePlan) -> list[tuple[str, str, str, str]]:
    column = {c.pk: i for i, c in enumerate(plan.classes)}
    merges = plan.split.vocabulary.merges.prefetch_related("into")
    return sorted(
        (
            plan.classes[column[merge.sound_class_id]].mid,
            plan.label(column[merge.sound_class_id]),
            ",".join(sorted(c.mid for c in merge.into.all())),
            merge.reason,
        )
        for merge in merges
    )


def _class_info(plan: ReleasePlan, tally: ReleaseTally) -> dict[str, Any]:
    parents: dict[int, list[str]] = {c: [] for c in plan.vocabulary}
    for child, above, _ in plan.edges:
        if child in parents:
            parents[child].append(plan.classes[above].mid)
    return {
        plan.classes[c].mid: {
            "name": plan.classes[c].name,
            "label": plan.label(c),
            "description": plan.classes[c].description,
            "citation_uri": plan.classes[c].citation_uri,
            "faq": plan.classes[c].faq,
            "parents": sorted(parents[c]),
            "n_dev": tally.n_dev(c),
            "n_eval": tally.class_counts[c, "eval"],
            "n_train": tally.class_counts[c, "train"],
            "n_val": tally.class_counts[c, "val"],
            "n_negative": tally.class_counts[c, TrainingState.NEGATIVE.value],
            "n_undecided": tally.class_counts[c, TrainingState.UNDECIDED.value],
        }
        for c in plan.vocabulary
    }


def release_settings(plan: ReleasePlan) -> dict[str, Any]:
    """Return what decided this release, so that the same records give the same release."""
    split, parent = plan.split, plan.parent
    return {
        "collection": plan.collection.name,
        "is_simulated": plan.collection.is_simulated,
        "version": plan.version,
        **plan.options.as_json(),
        "parent": parent and {"version": parent.version, "manifest_sha256": parent.manifest_sha256},
        "ontology": {
            "name": plan.collection.ontology.name,
            "source_sha256": plan.collection.ontology.source_sha256,
        },
        "clip_duration_s": {
            "shortest": plan.collection.shortest_s,
            "longest": plan.collection.longest_s,
        },
        "split": {
            "seed": split.seed,
            "eval_share": split.eval_share,
            "val_share": split.val_share,
            "contamination": split.contamination,
            "is_continued": split.parent_id is not None,
        },
        "vocabulary": {
            "min_dev": split.vocabulary.min_dev,
            "min_eval": split.vocabulary.min_eval,
            "wish": split.vocabulary.wish,
        },
        "decision": decision_rule(plan.collection),
        "decision_method": plan.collection.decision_method,
        "propagation": PROPAGATION_RULE,
    }
