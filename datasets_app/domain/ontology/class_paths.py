"""Every way from a root of the ontology down to a class."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def paths_from_roots(
    parents: Mapping[Node, Sequence[Node]], node: Node, *, most: int = 24
) -> list[tuple[Node, ...]]:
    """Return the paths from a root to ``node``, both included, shortest first.

    Parameters
    ----------
    parents
        The parents of each class; one without an entry is a root. No cycles.
    most
        Longer lists are cut off here (inclusive): a graph may have more paths than edges.

    Notes
    -----
    Source: DESIGN §2, a class can have several parents. Cost: O(paths kept x depth).

    Examples
    --------
    >>> parents = {"growl": ["dog", "cat"], "dog": ["animal"], "cat": ["animal"]}
    >>> paths_from_roots(parents, "growl")
    [('animal', 'dog', 'growl'), ('animal', 'cat', 'growl')]
    """
    found: list[tuple[Node, ...]] = []
    level: list[tuple[Node, ...]] = [(node,)]
    while level and len(found) < most:
        higher: list[tuple[Node, ...]] = []
        for path in level:
            above = parents.get(path[0], ())
            if not above:
                found.append(path)
            higher += [(parent, *path) for parent in above]
        level = higher[: most - len(found)]
    return found[:most]
