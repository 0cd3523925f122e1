"""How the classes of a release stand to each other in its ontology.

Read from ``metadata/ontology_edges.csv``, which holds the whole ontology: the classes of a release
may be siblings under a parent that is not released. Dataset folders without that file have no
graph.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ml_worker.release import ReleaseError

EDGES_FILE = "metadata/ontology_edges.csv"


@dataclass(frozen=True, slots=True)
class ClassGraph:
    """Parents of each class by mid; ``implied`` follows only edges over which labels propagate."""

    parents: Mapping[str, frozenset[str]]
    implied: Mapping[str, frozenset[str]]

    def siblings(self, mids: Sequence[str]) -> list[list[int]]:
        """Return, for each class, the indices of its siblings among ``mids``.

        Siblings share a parent, whether labels propagate to it or not, and neither is an ancestor
        of the other.
        """
        above = [_ancestors(mid, self.parents) for mid in mids]
        direct = [self.parents.get(mid, frozenset()) for mid in mids]
        return [
            [
                d
                for d, other in enumerate(mids)
                if d != c and direct[c] & direct[d] and other not in above[c]
                if mid not in above[d]
            ]
            for c, mid in enumerate(mids)
        ]

    def depths(self, mids: Sequence[str]) -> list[int]:
        """Return the number of edges from each class up to its nearest root."""
        return [self._depth(mid) for mid in mids]

    def leaves(self, mids: Sequence[str]) -> list[bool]:
        """Say of each class whether no other of ``mids`` implies it."""
        implied = frozenset[str]().union(*(_ancestors(mid, self.implied) for mid in mids))
        return [mid not in implied for mid in mids]

    def _depth(self, mid: str) -> int:
        level, seen, depth = {mid}, {mid}, 0
        while all(self.parents.get(m) for m in level):
            level = {p for m in level for p in self.parents[m]} - seen
            if not level:  # a circle without a root
                return depth
            seen |= level
            depth += 1
        return depth


def read_class_graph(folder: Path) -> ClassGraph | None:
    """Read the graph of a release; None if the release has no ontology file.

    Raises
    ------
    ReleaseError
        The file cannot be read or lacks a column.
    """
    path = folder / EDGES_FILE
    if not path.is_file():
        return None
    parents: dict[str, set[str]] = {}
    implied: dict[str, set[str]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                child, parent = row["child_mid"], row["parent_mid"]
                parents.setdefault(child, set()).add(parent)
                if row["propagates"] == "1":
                    implied.setdefault(child, set()).add(parent)
    except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
        raise ReleaseError(
            f"{path} cannot be read ({error!r}); it needs the columns child_mid, parent_mid and "
            "propagates. Build the release again."
        ) from error
    return ClassGraph(_frozen(parents), _frozen(implied))


def _frozen(sets: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(members) for name, members in sets.items()}


def _ancestors(mid: str, parents: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(parents.get(mid, ()))
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += parents.get(node, ())
    return frozenset(found - {mid})
