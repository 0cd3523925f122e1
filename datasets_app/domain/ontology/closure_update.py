"""Keeping the closure of an ontology right when its edges change."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from datasets_app.domain.ontology.ontology_graph import ClosureRow, Edge, closure_rows


@dataclass(frozen=True, slots=True)
class ClosureUpdate:
    """The closure rows to delete and to insert; a row that changed is in both."""

    removed: tuple[ClosureRow, ...]
    added: tuple[ClosureRow, ...]


def update_closure(
    rows: Iterable[ClosureRow], mids: Sequence[str], old: Collection[Edge], new: Collection[Edge]
) -> ClosureUpdate:
    """Return what changes in the closure when the edges change.

    An edge touches only its child and what is below that, before or after: only their rows are
    computed again.

    Parameters
    ----------
    rows
        The closure of the old edges.
    mids
        The classes there are after the change; rows of others are removed.
    old, new
        All edges before and after.

    Raises
    ------
    RuleError
        If a new edge names an unknown class or the new edges form a cycle; see ``closure_rows``.

    Notes
    -----
    Cost: O(edges + classes below a changed edge x edges above each).

    Examples
    --------
    >>> old = [Edge("animal", "dog")]
    >>> update_closure(closure_rows(["animal", "dog"], old), ["animal", "dog"], old, [])
    ClosureUpdate(removed=(ClosureRow(ancestor='animal', descendant='dog', depth=1, \
propagates=True),), added=())
    """
    touched = _below({edge.child for edge in set(old) ^ set(new)}, [*old, *new])
    known = set(mids)
    before = [row for row in rows if row.descendant in touched or row.descendant not in known]
    after = closure_rows(mids, new, descendants=touched)
    unchanged = set(before) & set(after)
    return ClosureUpdate(
        removed=tuple(row for row in before if row not in unchanged),
        added=tuple(row for row in after if row not in unchanged),
    )


def _below(starts: Iterable[str], edges: Iterable[Edge]) -> set[str]:
    """The starts and everything below them."""
    children: dict[str, list[str]] = {}
    for edge in edges:
        children.setdefault(edge.parent, []).append(edge.child)
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        mid = waiting.pop()
        if mid not in found:
            found.add(mid)
            waiting += children.get(mid, ())
    return found
