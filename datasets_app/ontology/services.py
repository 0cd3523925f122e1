"""Loads ontologies."""

from collections.abc import Sequence

from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.domain.ontology_graph import (
    ClassSpec,
    closure_rows,
    list_edges,
    parse_ontology,
)
from datasets_app.ontology.models import Closure, Edge, Ontology, SoundClass
from datasets_app.people.models import User

LONGEST_NAME = 128


@transaction.atomic
def load_ontology(
    *, name: str, data: object, source_sha256: str, actor: User | None = None
) -> tuple[Ontology, bool]:
    """Return the ontology of that name and whether it was made now.

    Raises
    ------
    RuleError
        The data break a rule of the format; every problem is named and nothing is written.
    ValueError
        The name is not allowed, or an ontology of that name was loaded from other content.
    """
    _check_name(name)
    known = Ontology.objects.filter(name=name).first()
    if known is not None:
        if known.source_sha256 != source_sha256:
            raise ValueError(
                f"An ontology named {name} was loaded from other content; give this one another "
                "name."
            )
        return known, False
    specs = parse_ontology(data)
    ontology = Ontology.objects.create(name=name, source_sha256=source_sha256)
    _write_graph(ontology, specs)
    record_event(
        actor=actor, verb="load_ontology", record=ontology, after={"n_classes": len(specs)}
    )
    return ontology, True


def _check_name(name: str) -> None:
    if not name.isprintable() or not 1 <= len(name) <= LONGEST_NAME:
        raise ValueError(
            f"{name[:40]!r} cannot name an ontology; give it 1 to {LONGEST_NAME} characters that "
            "can be printed."
        )


def _write_graph(ontology: Ontology, specs: Sequence[ClassSpec]) -> None:
    SoundClass.objects.bulk_create([_sound_class(ontology, spec) for spec in specs])
    ids = dict(ontology.classes.values_list("mid", "pk"))
    edges = list_edges(specs)
    Edge.objects.bulk_create(
        Edge(parent_id=ids[e.parent], child_id=ids[e.child], propagates=e.propagates) for e in edges
    )
    Closure.objects.bulk_create(
        Closure(
            ancestor_id=ids[row.ancestor],
            descendant_id=ids[row.descendant],
            depth=row.depth,
            propagates=row.propagates,
        )
        for row in closure_rows([spec.mid for spec in specs], edges)
    )


def _sound_class(ontology: Ontology, spec: ClassSpec) -> SoundClass:
    return SoundClass(
        ontology=ontology,
        mid=spec.mid,
        name=spec.name,
        description=spec.description,
        citation_uri=spec.citation_uri,
        is_abstract=spec.is_abstract,
        is_omitted=spec.is_omitted,
        keywords=[list(words) for words in spec.keywords],
        omit_keywords=list(spec.omit_keywords),
        faq=spec.faq,
        positive_examples=list(spec.positive_examples),
    )
