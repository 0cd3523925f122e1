"""Choosing whole groups so that each class gets its share of the chosen side.

A split has two sides; ``chosen`` groups are on one of them. For each class, x clips are on the
chosen side, of which ``target`` are wanted and ``lowest`` to ``highest`` (inclusive) allowed. The
cost of a class is ((x - target) / max(target, 1))^2, plus, for each clip outside the allowed range,
a penalty so large that leaving the range is never worth it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_PENALTY = 1000.0
_NOISE = 0.1
"""Share of repair moves that are random, to get out of dead ends."""

Indices = NDArray[np.int64]


class GroupBalance:
    """A choice of groups, its cost, and the moves that lower it.

    Parameters
    ----------
    counts
        Clips of each class in each group, csr (n_groups, n_classes).
    target, lowest, highest
        Per class, shape (n_classes,).
    movable
        Booleans (n_groups,): the groups that ``improve`` and ``repair`` may flip; all if not given.

    Attributes
    ----------
    chosen : bool array (n_groups,)
    held : int array (n_classes,), clips of each class on the chosen side
    """

    def __init__(
        self,
        counts: Any,
        *,
        target: NDArray[np.float64],
        lowest: Indices,
        highest: Indices,
        movable: NDArray[np.bool_] | None = None,
    ) -> None:
        """Start with no group chosen."""
        self._starts: Indices = counts.indptr.astype(np.int64)
        self._classes: Indices = counts.indices.astype(np.int64)
        self._sizes: Indices = counts.data.astype(np.int64)
        self._by_class = counts.tocsc()
        self._target, self._lowest, self._highest = target, lowest, highest
        self._scale = np.maximum(target, 1.0)
        self._movable = np.ones(counts.shape[0], bool) if movable is None else movable
        self.chosen: NDArray[np.bool_] = np.zeros(counts.shape[0], bool)
        self.held: Indices = np.zeros(counts.shape[1], np.int64)

    def start_from(self, chosen: NDArray[np.bool_]) -> None:
        """Take over a choice of groups."""
        self.chosen = chosen.copy()
        picked = np.repeat(chosen, np.diff(self._starts))
        self.held = np.bincount(
            self._classes[picked], self._sizes[picked], minlength=len(self.held)
        ).astype(np.int64)

    def cost(self) -> float:
        """Return the cost of the choice."""
        return float(self._cost(self.held, np.arange(len(self.held))).sum())

    def gains(self, groups: Indices) -> NDArray[np.float64]:
        """Return by how much the cost falls if one group changes sides, for each group."""
        starts = self._starts[groups]
        lengths = self._starts[groups + 1] - starts
        owner = np.repeat(np.arange(len(groups)), lengths)
        entry = np.arange(len(owner)) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        classes, sizes = self._classes[entry], self._sizes[entry]
        now = self.held[classes]
        then = now + np.where(self.chosen[groups][owner], -sizes, sizes)
        fall = self._cost(now, classes) - self._cost(then, classes)
        return np.asarray(np.bincount(owner, fall, minlength=len(groups)), np.float64)

    def gain_of(self, change: Indices) -> float:
        """Return by how much the cost falls if ``held`` changes by this much."""
        classes = np.flatnonzero(change)
        now = self.held[classes]
        fall = self._cost(now, classes) - self._cost(now + change[classes], classes)
        return float(fall.sum())

    def flip(self, group: int) -> None:
        """Move a group to the other side."""
        entries = slice(self._starts[group], self._starts[group + 1])
        sign = -1 if self.chosen[group] else 1
        self.held[self._classes[entries]] += sign * self._sizes[entries]
        self.chosen[group] = not self.chosen[group]

    def sweep(self, order: Indices) -> int:
        """Flip each group in this order if that lowers the cost; return how many were flipped."""
        n_flipped = 0
        for group in order:
            if self.gains(np.array([group]))[0] > 1e-12:
                self.flip(int(group))
                n_flipped += 1
        return n_flipped

    def improve(self, *, max_sweeps: int = 50) -> None:
        """Flip groups, those with most to gain first, until no single flip lowers the cost."""
        everyone = np.flatnonzero(self._movable)
        for _ in range(max_sweeps):
            gains = self.gains(everyone)
            order = np.argsort(-gains, kind="stable")
            if not self.sweep(everyone[order[gains[order] > 1e-12]]):
                return

    def missing(self, class_index: int) -> int:
        """Return how many clips a class must gain to reach its range; negative: must lose."""
        held = int(self.held[class_index])
        return max(int(self._lowest[class_index]) - held, 0) - max(
            held - int(self._highest[class_index]), 0
        )

    def violated(self) -> Indices:
        """Return the classes that are outside their range."""
        return np.flatnonzero((self.held < self._lowest) | (self.held > self._highest))

    def groups_that_help(self, class_index: int) -> Indices:
        """Return the movable groups whose flip moves a class towards its range."""
        groups = self._members(class_index)
        is_short = self.held[class_index] < self._lowest[class_index]
        helpful: Indices = groups[self._movable[groups] & (self.chosen[groups] != is_short)]
        return helpful

    def repair(self, rng: np.random.Generator, *, max_steps: int) -> None:
        """Bring classes into range by walking through worse choices; keep the best one met.

        A walk in the manner of WalkSAT: take a violated class, flip the group of it that costs
        least (now and then any), and do not flip it back for a while.
        """
        best_cost, best = self.cost(), self.chosen.copy()
        waits_until = np.zeros(len(self.chosen), np.int64)
        for step in range(max_steps):
            violated = self.violated()
            if not violated.size:
                break
            groups = self.groups_that_help(int(rng.choice(violated)))
            free = groups[waits_until[groups] <= step]
            if not free.size:
                continue
            at_random = rng.random() < _NOISE
            group = int(rng.choice(free) if at_random else free[np.argmax(self.gains(free))])
            self.flip(group)
            waits_until[group] = step + 1 + int(rng.integers(1, 8))
            if (cost := self.cost()) < best_cost:
                best_cost, best = cost, self.chosen.copy()
        self.start_from(best)

    def _members(self, class_index: int) -> Indices:
        start, stop = self._by_class.indptr[class_index : class_index + 2]
        members: Indices = self._by_class.indices[start:stop].astype(np.int64)
        return members

    def _cost(self, held: Indices, classes: Indices) -> NDArray[np.float64]:
        scale = self._scale[classes]
        missing = np.maximum(self._lowest[classes] - held, 0)
        excess = np.maximum(held - self._highest[classes], 0)
        off = (held - self._target[classes]) / scale
        return np.asarray(off * off + _PENALTY * (missing + excess) / scale)
