"""What changes from one ontology to another: classes, edges, rules, and labels."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from datasets_app.domain.ontology.class_spec import ClassSpec
from datasets_app.domain.ontology.ontology_diff import OntologyDiff, diff_ontologies

Alternatives = tuple[tuple[str, ...], ...]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class RuleChange:
    """The keyword rules of a class before and after; if all four are empty, only their order."""

    mid: str
    name: str
    added: Alternatives
    removed: Alternatives
    added_vetoes: tuple[str, ...]
    removed_vetoes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlagChange:
    """A class whose flags are others now; abstract and omitted classes are not nominated."""

    mid: str
    name: str
    is_abstract: bool
    is_omitted: bool


@dataclass(frozen=True, slots=True)
class OntologyChanges:
    """All that differs; ``described`` are the mids whose description, FAQ or examples do."""

    old: tuple[ClassSpec, ...]
    new: tuple[ClassSpec, ...]
    graph: OntologyDiff
    rules: tuple[RuleChange, ...]
    flags: tuple[FlagChange, ...]
    described: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs at all."""
        return self.graph.is_empty and not (self.rules or self.flags or self.described)

    @property
    def names(self) -> dict[str, str]:
        """The name of every class, the new one where it has two."""
        return {spec.mid: spec.name for spec in (*self.old, *self.new)}

    def as_record(self) -> dict[str, Any]:
        """Return everything as plain JSON data, for the audit trail and for files."""
        graph = self.graph
        return {
            "added_classes": list(graph.added_classes),
            "removed_classes": list(graph.removed_classes),
            "renamed_classes": [asdict(renamed) for renamed in graph.renamed_classes],
            "added_edges": [asdict(edge) for edge in graph.added_edges],
            "removed_edges": [asdict(edge) for edge in graph.removed_edges],
            "changed_edges": [asdict(edge) for edge in graph.changed_edges],
            "changed_rules": [asdict(change) for change in self.rules],
            "changed_flags": [asdict(change) for change in self.flags],
            "described_anew": list(self.described),
        }


def compare_ontologies(old: Sequence[ClassSpec], new: Sequence[ClassSpec]) -> OntologyChanges:
    """Return what differs between two ontologies; O(classes + edges + rules)."""
    before = {spec.mid: spec for spec in old}
    pairs = [(before.get(spec.mid, ClassSpec(spec.mid, spec.name)), spec) for spec in new]
    return OntologyChanges(
        old=tuple(old),
        new=tuple(new),
        graph=diff_ontologies(old, new),
        rules=tuple(_rule_change(b, a) for b, a in pairs if _rules(b) != _rules(a)),
        flags=tuple(
            FlagChange(a.mid, a.name, a.is_abstract, a.is_omitted)
            for b, a in pairs
            if a.mid in before and _flags(b) != _flags(a)
        ),
        described=tuple(a.mid for b, a in pairs if a.mid in before and _texts(b) != _texts(a)),
    )


def _rules(spec: ClassSpec) -> tuple[Alternatives, tuple[str, ...]]:
    return spec.keywords, spec.omit_keywords


def _flags(spec: ClassSpec) -> tuple[bool, bool]:
    return spec.is_abstract, spec.is_omitted


def _texts(spec: ClassSpec) -> tuple[object, ...]:
    return spec.description, spec.citation_uri, spec.faq, spec.positive_examples


def _rule_change(before: ClassSpec, after: ClassSpec) -> RuleChange:
    return RuleChange(
        mid=after.mid,
        name=after.name,
        added=_only_in(after.keywords, before.keywords),
        removed=_only_in(before.keywords, after.keywords),
        added_vetoes=_only_in(after.omit_keywords, before.omit_keywords),
        removed_vetoes=_only_in(before.omit_keywords, after.omit_keywords),
    )


def _only_in(these: Sequence[Item], those: Sequence[Item]) -> tuple[Item, ...]:
    return tuple(item for item in these if item not in those)
