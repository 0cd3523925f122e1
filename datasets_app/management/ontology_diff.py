"""Says in lines what a change of an ontology is and does."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from datasets_app.clips.models import Collection
from datasets_app.domain.label_matrix import LabelMatrix, label_matrix
from datasets_app.domain.ontology.ontology_diff import diff_ontologies
from datasets_app.domain.ontology.ontology_graph import Edge
from datasets_app.labels.selectors import present_label_matrix
from datasets_app.ontology.changes import OntologyChanges, RuleChange

N_LINES = 20
"""How many lines one kind of change takes before the rest is only counted."""


@dataclass(frozen=True, slots=True)
class LabelEffect:
    """What a change does to the labels of a collection: clips per class mid.

    ``gained`` and ``lost`` are implied labels; ``orphaned`` are rated ones whose class goes.
    """

    collection: str
    n_labels: int
    gained: Mapping[str, int]
    lost: Mapping[str, int]
    orphaned: Mapping[str, int]


def label_effect(changes: OntologyChanges, collection: Collection) -> LabelEffect:
    """Return what the change does to what a collection's decided-present labels imply.

    Raises
    ------
    ValueError
        The collection has labels of classes that the old ontology lacks.
    """
    labels = _labels(changes, collection)
    diff = diff_ontologies(changes.old, changes.new, labels)
    return LabelEffect(
        collection=collection.name,
        n_labels=int(labels.nnz),
        gained=diff.count(diff.implied),
        lost=diff.count(diff.no_longer_implied),
        orphaned=diff.count(diff.orphaned),
    )


def _labels(changes: OntologyChanges, collection: Collection) -> LabelMatrix:
    known = present_label_matrix(collection=collection)
    mids = dict(collection.ontology.classes.values_list("pk", "mid"))
    column = {spec.mid: j for j, spec in enumerate(changes.old)}
    pairs = known.present.tocoo()
    labelled = [mids[known.class_ids[j]] for j in pairs.col.tolist()]
    if missing := sorted(set(labelled) - column.keys()):
        raise ValueError(
            f"Collection {collection} has labels of {', '.join(missing[:10])}, which the old "
            f"ontology lacks; compare with {collection.ontology}, which it is judged against."
        )
    columns = [column[mid] for mid in labelled]
    return label_matrix(pairs.row, columns, (known.present.shape[0], len(changes.old)))


def change_lines(changes: OntologyChanges) -> Iterator[str]:
    """Say what changes, at most ``N_LINES`` lines of each kind."""
    if changes.is_empty:
        yield "Nothing changes."
        return
    graph, names = changes.graph, changes.names
    yield from _section("Classes added", [_named(names, mid) for mid in graph.added_classes])
    yield from _section("Classes removed", [_named(names, mid) for mid in graph.removed_classes])
    yield from _section(
        "Classes renamed", [f"{r.old_name} → {r.new_name} ({r.mid})" for r in graph.renamed_classes]
    )
    yield from _section("Edges added", [_edge(names, edge) for edge in graph.added_edges])
    yield from _section("Edges removed", [_edge(names, edge) for edge in graph.removed_edges])
    yield from _section(
        "Edges propagating otherwise",
        [
            f"{_edge(names, edge)} {'propagates now' if edge.propagates else 'propagates no more'}"
            for edge in graph.changed_edges
        ],
    )
    yield from _section("Classes with other keyword rules", [_rules(c) for c in changes.rules])
    yield from _section(
        "Classes with other flags",
        [f"{f.name}: {_flags(f.is_abstract, f.is_omitted)}" for f in changes.flags],
    )
    yield from _section(
        "Classes described otherwise", [_named(names, mid) for mid in changes.described]
    )


def effect_lines(effect: LabelEffect, names: Mapping[str, str]) -> Iterator[str]:
    """Say what the change does to the labels of one collection."""
    start = f"{effect.n_labels:,} labels of {effect.collection} are decided present"
    kinds = {
        "implied labels gained": effect.gained,
        "implied labels lost": effect.lost,
        "decided labels without a class afterwards": effect.orphaned,
    }
    if not any(kinds.values()):
        yield f"{start}; what they imply stays as it is."
        return
    yield f"{start}:"
    for kind, counts in kinds.items():
        if counts:
            yield f"  {sum(counts.values()):,} {kind}:"
        ordered = sorted(counts.items(), key=lambda item: (-item[1], names[item[0]]))
        yield from _shortened([f"    {names[mid]}: {n:,}" for mid, n in ordered])


def diff_record(changes: OntologyChanges, effects: Iterable[LabelEffect]) -> dict[str, Any]:
    """Return the whole difference as plain JSON data."""
    return {**changes.as_record(), "labels": [asdict(effect) for effect in effects]}


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"{title} ({len(lines):,}):"
        yield from _shortened([f"  {line}" for line in lines])


def _shortened(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:N_LINES]
    if len(lines) > N_LINES:
        yield f"  … and {len(lines) - N_LINES:,} more; diff_ontology --json FILE lists all"


def _named(names: Mapping[str, str], mid: str) -> str:
    return f"{names[mid]} ({mid})"


def _edge(names: Mapping[str, str], edge: Edge) -> str:
    return f"{names[edge.child]} → {names[edge.parent]}"


def _flags(is_abstract: bool, is_omitted: bool) -> str:
    flags = [name for name, on in (("abstract", is_abstract), ("omitted", is_omitted)) if on]
    return ", ".join(flags) or "neither abstract nor omitted"


def _rules(change: RuleChange) -> str:
    parts = [f"+ {' & '.join(words)}" for words in change.added]
    parts += [f"- {' & '.join(words)}" for words in change.removed]
    parts += [f"+ veto {word}" for word in change.added_vetoes]
    parts += [f"- veto {word}" for word in change.removed_vetoes]
    return f"{change.name}: {'; '.join(parts) or 'in another order'}"
