"""Questions to an ontology."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from datasets_app.domain.ontology.class_paths import paths_from_roots
from datasets_app.domain.ontology.class_search import MatchedIn, SearchableClass, search_classes
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


@dataclass(frozen=True, slots=True)
class FoundClass:
    """A class that a search found, and the best place it was found in."""

    sound_class: SoundClass
    matched_in: MatchedIn


def find_classes(*, ontology: Ontology, query: str, most: int = 50) -> list[FoundClass]:
    """Return the classes that a text finds by name, keyword or description, best first.

    One query, over all classes of the ontology; omitted ones are left out.
    """
    classes = {c.pk: c for c in ontology.classes.filter(is_omitted=False).order_by("name")}
    searchable = (
        SearchableClass(c.pk, c.name, tuple(" ".join(words) for words in c.keywords), c.description)
        for c in classes.values()
    )
    matches = search_classes(query, searchable)[:most]
    return [FoundClass(classes[match.key], match.matched_in) for match in matches]


def class_paths(*, sound_classes: Iterable[SoundClass]) -> dict[int, list[tuple[SoundClass, ...]]]:
    """Return, by class id, every path from a root to the class, both included.

    Three queries, however many classes.
    """
    wanted = {c.pk: c for c in sound_classes}
    above = Closure.objects.filter(descendant__in=wanted).values_list("ancestor_id", flat=True)
    known = wanted | SoundClass.objects.in_bulk(set(above) - wanted.keys())
    parents: dict[int, list[int]] = {}
    edges = Edge.objects.filter(child__in=known).order_by("pk")
    for child, parent in edges.values_list("child_id", "parent_id"):
        parents.setdefault(child, []).append(parent)
    return {
        pk: [tuple(known[step] for step in path) for path in paths_from_roots(parents, pk)]
        for pk in wanted
    }


def child_classes(*, ontology: Ontology, parent: SoundClass | None) -> list[SoundClass]:
    """Return the children of a class, or the classes without a parent, by name.

    Omitted classes are left out, but for those that lead to others.
    """
    leads_on = Exists(Edge.objects.filter(parent=OuterRef("pk")))
    classes = ontology.classes.filter(Q(is_omitted=False) | leads_on).order_by("name")
    if parent is None:
        return list(classes.filter(parent_edges__isnull=True))
    return list(classes.filter(parent_edges__parent=parent))


def closure_pairs(*, ontology: Ontology) -> list[tuple[int, int]]:
    """Return (ancestor id, descendant id) for every pair of the ontology."""
    rows = Closure.objects.filter(descendant__ontology=ontology)
    return list(rows.values_list("ancestor_id", "descendant_id"))


def related_class_ids(*, sound_class: SoundClass) -> set[int]:
    """Return the ids of a class's ancestors and descendants."""
    above = sound_class.ancestor_rows.values_list("ancestor_id", flat=True)
    below = sound_class.descendant_rows.values_list("descendant_id", flat=True)
    return {*above, *below}
