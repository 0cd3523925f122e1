"""Loads ontologies and changes them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from django.db import transaction

from datasets_app.audit.models import AuditEvent
from datasets_app.audit.services import record_event
from datasets_app.domain.nominations.keyword_rules import ClassRules
from datasets_app.ontology.changes import OntologyChanges, compare_ontologies
from datasets_app.ontology.edge_table import EdgeRow
from datasets_app.ontology.models import Ontology
from datasets_app.ontology.overrides import resolve_source
from datasets_app.ontology.records import write_changes, write_graph
from datasets_app.ontology.selectors import class_specs
from datasets_app.ontology.source_files import OntologySource
from datasets_app.people.models import User

LONGEST_NAME = 128
UPDATED = "update_ontology"


@transaction.atomic
def load_ontology(
    *,
    name: str,
    data: object,
    source_sha256: str,
    edges: Sequence[EdgeRow] = (),
    keywords: Mapping[str, ClassRules] | None = None,
    actor: User | None = None,
) -> tuple[Ontology, bool]:
    """Return the ontology of that name and whether it was made now.

    ``edges`` and ``keywords`` override the propagation and the rules in ``data``; ``source_sha256``
    identifies all three together. An ontology that was loaded from them and changed since by
    ``update_ontology`` is left as it is.

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
        if source_sha256 not in (known.source_sha256, *_earlier_sources(known)):
            raise ValueError(
                f"An ontology named {name} was loaded from other content; give this one another "
                f"name, or change that one with update_ontology {name}."
            )
        return known, False
    specs = resolve_source(OntologySource(source_sha256, data, tuple(edges), keywords or {}))
    ontology = Ontology.objects.create(name=name, source_sha256=source_sha256)
    write_graph(ontology, specs)
    record_event(
        actor=actor, verb="load_ontology", record=ontology, after={"n_classes": len(specs)}
    )
    return ontology, True


@transaction.atomic
def update_ontology(
    *,
    ontology: Ontology,
    source: OntologySource,
    on_changes: Callable[[OntologyChanges], None] = lambda changes: None,
    actor: User | None = None,
) -> OntologyChanges:
    """Change a loaded ontology to what the files say, all of it or, if a rule is broken, nothing.

    ``on_changes`` sees what will change before anything is written. What the files do not mention
    stays (see ``resolve_source``), except for classes and edges missing from an ontology file,
    which go. Nominations are not made anew: ``nominate_labels`` does that.

    Raises
    ------
    RuleError
        The files break a rule of their format, or do not fit the ontology.
    ValueError
        A class that has nominations would go; all such classes are named.
    """
    locked = Ontology.objects.select_for_update().get(pk=ontology.pk)
    held = class_specs(ontology=locked)
    changes = compare_ontologies(held, resolve_source(source, held))
    on_changes(changes)
    if changes.is_empty:
        return changes
    write_changes(locked, changes)
    before = locked.source_sha256
    locked.source_sha256 = _identity_after(before, source)
    locked.save(update_fields=["source_sha256"])
    record_event(
        actor=actor,
        verb=UPDATED,
        record=locked,
        before={"source_sha256": before},
        after={"source_sha256": locked.source_sha256, **changes.as_record()},
    )
    return changes


def _identity_after(before: str, source: OntologySource) -> str:
    """What was held and what came: even a whole new file leaves in place what it does not say."""
    return hashlib.sha256(f"{before}\n{source.sha256}\n".encode()).hexdigest()


def _earlier_sources(ontology: Ontology) -> list[str]:
    updates = AuditEvent.objects.filter(
        record_type="ontology", record_id=str(ontology.pk), verb=UPDATED
    )
    return [str(before.get("source_sha256")) for before in updates.values_list("before", flat=True)]


def _check_name(name: str) -> None:
    if not name.isprintable() or not 1 <= len(name) <= LONGEST_NAME:
        raise ValueError(
            f"{name[:40]!r} cannot name an ontology; give it 1 to {LONGEST_NAME} characters that "
            "can be printed."
        )
