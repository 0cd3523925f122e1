"""Sums over a class and all below it, each class counted once."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def descendant_totals(
    own: Mapping[Node, int], pairs: Iterable[tuple[Node, Node]], nodes: Iterable[Node]
) -> dict[Node, int]:
    """Return, for each of ``nodes``, its own count and those of all its descendants.

    A descendant that is reached by several paths is counted once, so that a branch never promises
    more work than there is.

    Parameters
    ----------
    own
        The count of each class; a class that is missing has 0.
    pairs
        (ancestor, descendant) of the transitive closure; repetitions count once.
    nodes
        The classes to sum up for.

    Notes
    -----
    Source: DESIGN §2, closure rows make descendants one query. Cost: O(pairs).

    Examples
    --------
    >>> diamond = [("animal", "dog"), ("animal", "cat"), ("animal", "growl"),
    ...            ("dog", "growl"), ("cat", "growl")]
    >>> descendant_totals({"dog": 1, "growl": 5}, diamond, ["animal", "cat", "growl"])
    {'animal': 6, 'cat': 5, 'growl': 5}
    """
    totals = {node: own.get(node, 0) for node in nodes}
    for ancestor, descendant in set(pairs):
        if ancestor in totals and ancestor != descendant:
            totals[ancestor] += own.get(descendant, 0)
    return totals
