"""Writes classes, edges and their closure as records."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from django.db.models import ProtectedError

from datasets_app.domain.ontology.class_spec import ClassSpec
from datasets_app.domain.ontology.closure_update import update_closure
from datasets_app.domain.ontology.ontology_graph import ClosureRow, closure_rows, list_edges
from datasets_app.domain.ontology.ontology_graph import Edge as EdgeSpec
from datasets_app.ontology.changes import OntologyChanges
from datasets_app.ontology.models import Closure, Edge, Ontology, SoundClass

BATCH = 2000
N_NAMED = 10
"""How many classes one refusal names before it only counts the rest."""
FIELDS = (
    "name",
    "description",
    "citation_uri",
    "is_abstract",
    "is_omitted",
    "keywords",
    "omit_keywords",
    "faq",
    "positive_examples",
)


def write_graph(ontology: Ontology, specs: Sequence[ClassSpec]) -> None:
    """Write the classes of an ontology that has none yet."""
    SoundClass.objects.bulk_create([_sound_class(ontology, spec) for spec in specs])
    ids = dict(ontology.classes.values_list("mid", "pk"))
    edges = list_edges(specs)
    _add_edges(ids, edges)
    _add_closure(ids, closure_rows([spec.mid for spec in specs], edges))


def write_changes(ontology: Ontology, changes: OntologyChanges) -> None:
    """Turn the records of ``changes.old`` into those of ``changes.new``.

    Raises
    ------
    ValueError
        A class that would go has nominations, or stands elsewhere on record.
    """
    graph = changes.graph
    held = {c.mid: c for c in ontology.classes.all()}
    _check_unused([held[mid] for mid in graph.removed_classes])
    closure = _closure(ontology)
    _remove_edges(ontology, (*graph.removed_edges, *graph.changed_edges))
    _write_classes(ontology, changes, held)
    ids = dict(ontology.classes.values_list("mid", "pk"))
    _add_edges(ids, (*graph.added_edges, *graph.changed_edges))
    mids = [spec.mid for spec in changes.new]
    update = update_closure(closure, mids, list_edges(changes.old), list_edges(changes.new))
    _remove_closure([closure[row] for row in update.removed])
    _add_closure(ids, update.added)
    _remove_classes([held[mid] for mid in graph.removed_classes])


def _check_unused(classes: Sequence[SoundClass]) -> None:
    used = sorted(c.name for c in classes if c.nominations.exists())
    if used:
        spare = f" and {len(used) - N_NAMED} more" if len(used) > N_NAMED else ""
        raise ValueError(
            f"{', '.join(used[:N_NAMED])}{spare} would be deleted and have nominations; keep the "
            "class in the file, with the restriction blacklist if it is to be nominated no more."
        )


def _remove_classes(classes: Sequence[SoundClass]) -> None:
    for sound_class in classes:
        try:
            sound_class.delete()
        except ProtectedError as error:
            kinds = sorted({str(o._meta.verbose_name_plural) for o in error.protected_objects})
            raise ValueError(
                f"{sound_class.name} would be deleted and stands in {', '.join(kinds)}; keep the "
                "class in the file."
            ) from error


def _write_classes(
    ontology: Ontology, changes: OntologyChanges, held: Mapping[str, SoundClass]
) -> None:
    before = {spec.mid: spec for spec in changes.old}
    added = [_sound_class(ontology, spec) for spec in changes.new if spec.mid not in held]
    SoundClass.objects.bulk_create(added)
    changed = [spec for spec in changes.new if spec.mid in held and spec != before[spec.mid]]
    for spec in changed:
        for name, value in _fields(spec).items():
            setattr(held[spec.mid], name, value)
    rows = [held[spec.mid] for spec in changed]
    SoundClass.objects.bulk_update(rows, FIELDS, batch_size=100)


def _remove_edges(ontology: Ontology, edges: Iterable[EdgeSpec]) -> None:
    gone = {(edge.parent, edge.child) for edge in edges}
    rows = Edge.objects.filter(child__ontology=ontology)
    found = rows.values_list("pk", "parent__mid", "child__mid")
    ids = [pk for pk, parent, child in found if (parent, child) in gone]
    Edge.objects.filter(pk__in=ids).delete()


def _add_edges(ids: Mapping[str, int], edges: Iterable[EdgeSpec]) -> None:
    Edge.objects.bulk_create(
        Edge(parent_id=ids[e.parent], child_id=ids[e.child], propagates=e.propagates) for e in edges
    )


def _closure(ontology: Ontology) -> dict[ClosureRow, int]:
    rows = Closure.objects.filter(descendant__ontology=ontology).values_list(
        "ancestor__mid", "descendant__mid", "depth", "propagates", "pk"
    )
    return {ClosureRow(*row): pk for *row, pk in rows}


def _remove_closure(ids: Iterable[int]) -> None:
    waiting = iter(ids)
    while chunk := list(islice(waiting, BATCH)):
        Closure.objects.filter(pk__in=chunk).delete()


def _add_closure(ids: Mapping[str, int], rows: Iterable[ClosureRow]) -> None:
    Closure.objects.bulk_create(
        Closure(
            ancestor_id=ids[row.ancestor],
            descendant_id=ids[row.descendant],
            depth=row.depth,
            propagates=row.propagates,
        )
        for row in rows
    )


def _sound_class(ontology: Ontology, spec: ClassSpec) -> SoundClass:
    return SoundClass(ontology=ontology, mid=spec.mid, **_fields(spec))


def _fields(spec: ClassSpec) -> dict[str, object]:
    return {
        "name": spec.name,
        "description": spec.description,
        "citation_uri": spec.citation_uri,
        "is_abstract": spec.is_abstract,
        "is_omitted": spec.is_omitted,
        "keywords": [list(words) for words in spec.keywords],
        "omit_keywords": list(spec.omit_keywords),
        "faq": spec.faq,
        "positive_examples": list(spec.positive_examples),
    }
