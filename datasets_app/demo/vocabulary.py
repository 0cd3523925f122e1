"""The built-in ontology: 14 everyday sounds of AudioSet and all their ancestors.

Ids, names and the graph are AudioSet's; descriptions, questions and keyword rules are ours.
"""

import json
from pathlib import Path
from typing import Any

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


def propagated_ancestors(entries: list[dict[str, Any]]) -> dict[str, frozenset[str]]:
    """For every class id, all classes that its labels propagate to, at any distance.

    A class with ``propagate_to_parents`` propagates to those parents only, others to all.

    Examples
    --------
    >>> ancestors = propagated_ancestors(load_builtin_ontology())
    >>> "/m/0bt9lr" in ancestors["/m/05tny_"], "/m/04szw" in ancestors["/m/0395lw"]
    (True, False)
    """
    parents: dict[str, set[str]] = {entry["id"]: set() for entry in entries}
    for entry in entries:
        for child in entry["child_ids"]:
            parents[child].add(entry["id"])
    for entry in entries:
        if "propagate_to_parents" in entry:
            parents[entry["id"]] &= set(entry["propagate_to_parents"])
    return {mid: frozenset(_reached(mid, parents)) for mid in parents}


def _reached(mid: str, parents: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(parents[mid])
    while waiting:
        parent = waiting.pop()
        if parent not in reached:
            reached.add(parent)
            waiting.extend(parents[parent])
    return reached
