"""Dividing groups between train and validation where whole groups cannot serve a class.

What a division costs is counted in contaminated validation labels, as ``contamination`` defines
them: first within-class, then between-class, then the imbalance that is left.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from datasets_app.domain.label_matrix import LabelMatrix
from datasets_app.domain.splits.group_balance import GroupBalance

Indices: TypeAlias = NDArray[np.int64]

_GROUPS_TRIED = 60
"""Groups looked at for a class, those with most clips to give first."""


@dataclass(frozen=True, slots=True)
class _Move:
    """Clips of one group that could change sides, and what that would cost; least is best."""

    within_class: int
    between_class: int
    gain: float
    clips: Indices

    @property
    def order(self) -> tuple[int, int, float, int]:
        return (self.within_class, self.between_class, -self.gain, int(self.clips[0]))


def divide_groups(balance: GroupBalance, labels: LabelMatrix, codes: Indices) -> None:
    """Move clips until each class is in its range, or no move lowers the cost.

    Parameters
    ----------
    balance
        Over clips (each a group of its own), with the last class being all clips; changed here.
    labels
        (n_clips, n_classes).
    codes
        Groups 0..n-1 of shape (n_clips,).

    Notes
    -----
    Cost: for each move, the labels of up to 60 groups of the class.
    """
    division = _Division(balance, labels, codes)
    stuck: set[int] = set()
    while True:
        violated = [c for c in balance.violated().tolist() if c not in stuck]
        if not violated:
            return
        neediest = max(violated, key=lambda c: (abs(balance.missing(c)), -c))
        if not division.move_clips(neediest):
            stuck.add(neediest)


class _Division:
    def __init__(self, balance: GroupBalance, labels: LabelMatrix, codes: Indices) -> None:
        self._balance, self._labels, self._codes = balance, labels, codes
        self._by_group = np.argsort(codes, kind="stable")
        self._group_starts = np.searchsorted(codes[self._by_group], np.arange(codes.max() + 2))

    def move_clips(self, class_index: int) -> bool:
        """Make the best move for a class; return False if there is none."""
        moves = [m for m in self._moves(class_index) if m.gain > 1e-12]
        if not moves:
            return False
        for clip in min(moves, key=lambda move: move.order).clips:
            self._balance.flip(int(clip))
        return True

    def _moves(self, class_index: int) -> Iterator[_Move]:
        """Each group offers all its clips of the class, and as many as are missing."""
        clips = self._clips_to_move(class_index)
        clips = clips[np.lexsort((clips, -self._balance.gains(clips), self._codes[clips]))]
        n_missing = abs(self._balance.missing(class_index))
        groups, first, size = np.unique(self._codes[clips], return_index=True, return_counts=True)
        for number in np.argsort(-size, kind="stable")[:_GROUPS_TRIED]:
            offered = clips[first[number] : first[number] + size[number]]
            for n in {n_missing, len(offered)}:
                if n <= len(offered):
                    yield self._move(int(groups[number]), offered[:n])

    def _clips_to_move(self, class_index: int) -> Indices:
        return self._balance.groups_that_help(class_index)

    def _move(self, group: int, clips: Indices) -> _Move:
        to_val = not self._balance.chosen[clips[0]]
        moved = self._count(clips)
        whole = self._by_group[self._group_starts[group] : self._group_starts[group + 1]]
        val = self._count(whole[self._balance.chosen[whole]])
        train = self._count(whole) - val
        change = moved if to_val else -moved
        before, after = _contaminated(val, train), _contaminated(val + change, train - change)
        clip_change = len(clips) if to_val else -len(clips)
        gain = self._balance.gain_of(np.append(change, clip_change))
        return _Move(after[0] - before[0], after[1] - before[1], gain, clips)

    def _count(self, clips: Indices) -> Indices:
        classes = self._labels[clips].indices
        return np.bincount(classes, minlength=self._labels.shape[1]).astype(np.int64)


def _contaminated(val: Indices, train: Indices) -> tuple[int, int]:
    """Validation labels of one group in WC and in BC, from its clips of each class."""
    in_train = train > 0
    others_in_train = in_train.sum() - in_train > 0
    return int(val[in_train].sum()), int(val[others_in_train].sum())
