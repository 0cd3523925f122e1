"""Questions to an ontology."""

from dataclasses import dataclass

from datasets_app.domain.ontology.class_spec import ClassSpec
from datasets_app.ontology.models import Closure, Edge, Ontology, SoundClass


def classes_by_mid(*, ontology: Ontology) -> dict[str, SoundClass]:
    """Return every class of the ontology by its mid."""
    return {c.mid: c for c in ontology.classes.all()}


@dataclass(frozen=True, slots=True)
class GraphCounts:
    """The size of an ontology; ``n_still`` edges do not propagate, ``n_rules`` are alternatives."""

    n_classes: int
    n_edges: int
    n_still: int
    n_rules: int


def count_graph(*, ontology: Ontology) -> GraphCounts:
    """Return how large an ontology is."""
    edges = Edge.objects.filter(child__ontology=ontology)
    keywords = list(ontology.classes.values_list("keywords", flat=True))
    return GraphCounts(
        n_classes=len(keywords),
        n_edges=edges.count(),
        n_still=edges.filter(propagates=False).count(),
        n_rules=sum(len(alternatives) for alternatives in keywords),
    )


def propagating_ancestors(*, ontology: Ontology) -> dict[int, set[int]]:
    """Return, by class id, the ids of the ancestors that its labels propagate to."""
    rows = Closure.objects.filter(descendant__ontology=ontology, propagates=True)
    ancestors: dict[int, set[int]] = {}
    for descendant, ancestor in rows.values_list("descendant_id", "ancestor_id"):
        ancestors.setdefault(descendant, set()).add(ancestor)
    return ancestors


def class_specs(*, ontology: Ontology) -> tuple[ClassSpec, ...]:
    """Return the ontology as the rules see it, as if it had been read from a file just now."""
    edges = Edge.objects.filter(child__ontology=ontology).order_by("pk")
    children: dict[int, list[str]] = {}
    parents: dict[int, dict[str, bool]] = {}
    for parent, child, parent_mid, child_mid, propagates in edges.values_list(
        "parent_id", "child_id", "parent__mid", "child__mid", "propagates"
    ):
        children.setdefault(parent, []).append(child_mid)
        parents.setdefault(child, {})[parent_mid] = propagates
    return tuple(
        _class_spec(c, children.get(c.pk, []), parents.get(c.pk, {}))
        for c in ontology.classes.order_by("pk")
    )


def _class_spec(c: SoundClass, children: list[str], parents: dict[str, bool]) -> ClassSpec:
    upwards = tuple(mid for mid, propagates in parents.items() if propagates)
    return ClassSpec(
        mid=c.mid,
        name=c.name,
        description=c.description,
        citation_uri=c.citation_uri,
        child_ids=tuple(children),
        is_abstract=c.is_abstract,
        is_omitted=c.is_omitted,
        keywords=tuple(tuple(words) for words in c.keywords),
        omit_keywords=tuple(c.omit_keywords),
        propagate_to_parents=True if len(upwards) == len(parents) else upwards,
        faq=c.faq,
        positive_examples=tuple(c.positive_examples),
    )


def get_ontology(*, name: str | None) -> Ontology:
    """Return the ontology of that name, or the only one there is.

    Raises
    ------
    ValueError
        There is none of that name, none at all, or more than one to choose from.
    """
    names = list(Ontology.objects.order_by("name").values_list("name", flat=True))
    if not names:
        raise ValueError("No ontology is loaded; run load_ontology FILE first.")
    if name is None and len(names) > 1:
        raise ValueError(f"Several ontologies are loaded; name one of {', '.join(names)}.")
    chosen = name or names[0]
    if chosen not in names:
        raise ValueError(f"There is no ontology {chosen!r}; there are: {', '.join(names)}.")
    return Ontology.objects.get(name=chosen)
