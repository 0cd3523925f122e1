"""The class ontology as a directed acyclic graph.

Conventions: a class is named by its ``mid``; an edge runs from a parent to a child; a class may
have several parents; labels propagate from child to parent over edges that say so.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from datasets_app.domain.errors import RuleError
from datasets_app.domain.ontology.class_spec import ClassSpec
from datasets_app.domain.ontology.cycles import cycle_sentence, find_cycle
from datasets_app.domain.ontology.ontology_file import parse_ontology

__all__ = ["ClassSpec", "ClosureRow", "Edge", "closure_rows", "list_edges", "parse_ontology"]


@dataclass(frozen=True, slots=True)
class Edge:
    """A parent and one of its children; ``propagates``: a label of the child implies the parent."""

    parent: str
    child: str
    propagates: bool = True


@dataclass(frozen=True, slots=True)
class ClosureRow:
    """An ancestor and one of its descendants.

    ``depth`` is the number of edges on the shortest path, at least 1; ``propagates`` is true when
    all edges of some path propagate.
    """

    ancestor: str
    descendant: str
    depth: int
    propagates: bool


def list_edges(classes: Sequence[ClassSpec]) -> tuple[Edge, ...]:
    """Return the edges of an ontology, by parent in the order given, children in their order.

    Cost: O(edges).

    Examples
    --------
    >>> list_edges([ClassSpec("a", "A", child_ids=("b",)),
    ...             ClassSpec("b", "B", propagate_to_parents=False)])
    (Edge(parent='a', child='b', propagates=False),)
    """
    upwards = {spec.mid: spec.propagate_to_parents for spec in classes}

    def propagates(parent: str, child: str) -> bool:
        allowed = upwards.get(child, True)
        return allowed if isinstance(allowed, bool) else parent in allowed

    return tuple(
        Edge(spec.mid, child, propagates(spec.mid, child))
        for spec in classes
        for child in spec.child_ids
    )


def closure_rows(
    mids: Iterable[str], edges: Iterable[Edge], *, descendants: Container[str] | None = None
) -> list[ClosureRow]:
    """Return every (ancestor, descendant) pair, descendants in the order of ``mids``.

    With ``descendants``, only the pairs of these. All edges are checked in either case.

    Raises
    ------
    RuleError
        If an edge names an unknown class or the edges form a cycle.

    Notes
    -----
    Cost: O(classes x edges above each class); AudioSet's 632 classes take about 10 ms.

    Examples
    --------
    >>> edges = [Edge("animal", "dog"), Edge("dog", "growl", propagates=False)]
    >>> for row in closure_rows(["animal", "dog", "growl"], edges):
    ...     print(row.descendant, row.ancestor, row.depth, row.propagates)
    dog animal 1 True
    growl dog 1 False
    growl animal 2 False
    """
    order, edge_list = list(mids), list(edges)
    known = set(order)
    if unknown := sorted({m for e in edge_list for m in (e.parent, e.child)} - known):
        raise RuleError(f"Edges name unknown classes {', '.join(unknown)}; add them or the edges.")
    parents = _neighbours((e.child, e.parent) for e in edge_list)
    if cycle := find_cycle(parents):
        raise RuleError(cycle_sentence(cycle))
    propagating = _neighbours((e.child, e.parent) for e in edge_list if e.propagates)
    rows = []
    for mid in order:
        if descendants is not None and mid not in descendants:
            continue
        implied = _depths(mid, propagating)
        rows += [ClosureRow(a, mid, d, a in implied) for a, d in _depths(mid, parents).items()]
    return rows


def _neighbours(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    neighbours: dict[str, list[str]] = {}
    for source, target in pairs:
        neighbours.setdefault(source, []).append(target)
    return neighbours


def _depths(start: str, parents: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Breadth first from ``start``, which is left out: node -> shortest distance."""
    depths: dict[str, int] = {}
    level, depth = [start], 0
    while level:
        depth += 1
        level = list(dict.fromkeys(p for m in level for p in parents.get(m, ()) if p not in depths))
        depths.update((mid, depth) for mid in level)
    return depths
