"""Cycles in a graph that should have none."""

from collections.abc import Iterator, Mapping, Sequence


def find_cycle(neighbours: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the members of one cycle in walking order, or an empty list.

    ``neighbours`` maps a node to the nodes it points at. Cost: O(nodes + edges), no recursion.

    Examples
    --------
    >>> find_cycle({"a": ["b"], "b": ["c"], "c": ["b"]})
    ['b', 'c']
    >>> find_cycle({"a": ["b", "c"], "b": ["c"]})
    []
    """
    finished: set[str] = set()
    for start in neighbours:
        path: dict[str, Iterator[str]] = (
            {} if start in finished else {start: _of(neighbours, start)}
        )
        while path:
            onward = next(reversed(path.values()))
            following = next(onward, None)
            if following is None:
                finished.add(path.popitem()[0])
            elif following in path:
                walked = list(path)
                return walked[walked.index(following) :]
            elif following not in finished:
                path[following] = _of(neighbours, following)
    return []


def cycle_sentence(cycle: Sequence[str]) -> str:
    """Return the sentence that refuses a cycle, naming its members in order.

    Examples
    --------
    >>> cycle_sentence(["a", "b"])
    'Classes form a cycle: a → b → a; remove one of these edges.'
    """
    return f"Classes form a cycle: {' → '.join([*cycle, cycle[0]])}; remove one of these edges."


def _of(neighbours: Mapping[str, Sequence[str]], node: str) -> Iterator[str]:
    return iter(neighbours.get(node, ()))
