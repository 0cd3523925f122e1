"""The built-in ontology: 14 everyday sounds of AudioSet and all their ancestors.

Ids, names and the graph are AudioSet's; descriptions, questions and keyword rules are ours.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets_app.domain.ontology.ontology_file import parse_ontology
from datasets_app.domain.ontology.ontology_graph import ClassSpec, closure_rows, list_edges

BUILTIN_ONTOLOGY = Path(__file__).parent / "ontology.json"


def load_builtin_ontology() -> list[dict[str, Any]]:
    """The built-in ontology in AudioSet's published form, with this project's optional keys.

    Examples
    --------
    >>> [entry["name"] for entry in load_builtin_ontology() if entry["id"] == "/m/05tny_"]
    ['Bark']
    """
    entries: list[dict[str, Any]] = json.loads(BUILTIN_ONTOLOGY.read_text(encoding="utf-8"))
    return entries


def load_builtin_classes() -> tuple[ClassSpec, ...]:
    """The classes of the built-in ontology, read by the platform's own parser."""
    return parse_ontology(load_builtin_ontology())


def propagated_ancestors(classes: Sequence[ClassSpec]) -> dict[str, set[str]]:
    """For every class id, all classes that its labels propagate to, at any distance.

    Examples
    --------
    >>> ancestors = propagated_ancestors(load_builtin_classes())
    >>> "/m/0bt9lr" in ancestors["/m/05tny_"], "/m/04szw" in ancestors["/m/0395lw"]
    (True, False)
    """
    mids = [spec.mid for spec in classes]
    ancestors: dict[str, set[str]] = {mid: set() for mid in mids}
    for row in closure_rows(mids, list_edges(classes)):
        if row.propagates:
            ancestors[row.descendant].add(row.ancestor)
    return ancestors
