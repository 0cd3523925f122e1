"""Questions to an ontology."""

from datasets_app.ontology.models import Closure, Ontology, SoundClass


def classes_by_mid(*, ontology: Ontology) -> dict[str, SoundClass]:
    """Return every class of the ontology by its mid."""
    return {c.mid: c for c in ontology.classes.all()}


def propagating_ancestors(*, ontology: Ontology) -> dict[int, set[int]]:
    """Return, by class id, the ids of the ancestors that its labels propagate to."""
    rows = Closure.objects.filter(descendant__ontology=ontology, propagates=True)
    ancestors: dict[int, set[int]] = {}
    for descendant, ancestor in rows.values_list("descendant_id", "ancestor_id"):
        ancestors.setdefault(descendant, set()).add(ancestor)
    return ancestors


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
