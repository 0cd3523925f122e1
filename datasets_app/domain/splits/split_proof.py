"""Proof that a split divides nothing it must not: for every group, the sides it is on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.clips.clip_groups import NO_DUPLICATES
from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import group_codes


@dataclass(frozen=True, slots=True)
class GroupSides:
    """Where the clips of each group are.

    Attributes
    ----------
    groups : int array (n_groups,)
        The codes, ascending.
    n_clips : int array (n_groups, n_sides)
        Clips of each group on each side.
    """

    groups: NDArray[np.int64]
    n_clips: NDArray[np.int64]

    @property
    def divided(self) -> NDArray[np.int64]:
        """The codes of the groups with clips on several sides."""
        return np.asarray(self.groups[(self.n_clips > 0).sum(axis=1) > 1])


@dataclass(frozen=True, slots=True)
class SplitProof:
    """The sides of every uploader and of every group of near-duplicates."""

    uploaders: GroupSides
    duplicates: GroupSides

    @property
    def holds(self) -> bool:
        """Whether no uploader and no duplicate group is on several sides."""
        return not self.uploaders.divided.size and not self.duplicates.divided.size


def split_proof(
    uploader: ArrayLike, duplicate_group: ArrayLike, side: ArrayLike, *, n_sides: int = 2
) -> SplitProof:
    """Return for every uploader and duplicate group how many clips it has on each side.

    Parameters
    ----------
    uploader, duplicate_group
        As for ``merge_groups``; clips without near-duplicates are in no duplicate group.
    side
        Integers 0..n_sides-1 of shape (n_clips,), or booleans: 0 is dev, 1 is eval.

    Raises
    ------
    RuleError
        If the lengths differ or a side is out of range.

    Notes
    -----
    O(n_clips log n_clips).

    Examples
    --------
    >>> proof = split_proof([4, 4, 7], [-1, 0, 0], [False, False, True])
    >>> proof.holds, proof.uploaders.divided.tolist(), proof.duplicates.divided.tolist()
    (False, [], [0])
    """
    sides = np.asarray(side).astype(np.int64)
    duplicates = np.asarray(duplicate_group, np.int64)
    if sides.ndim != 1 or sides.shape != duplicates.shape:
        raise RuleError(
            f"Received {sides.size} sides and {duplicates.size} duplicate groups; give one of each "
            "for each clip."
        )
    if sides.size and not (sides.min() >= 0 and sides.max() < n_sides):
        raise RuleError(f"Received sides {sides.min()} to {sides.max()}; give 0 to {n_sides - 1}.")
    has_twin = duplicates != NO_DUPLICATES
    return SplitProof(
        uploaders=_group_sides(np.asarray(uploader, np.int64), sides, n_sides),
        duplicates=_group_sides(duplicates[has_twin], sides[has_twin], n_sides),
    )


def _group_sides(group: NDArray[np.int64], sides: NDArray[np.int64], n_sides: int) -> GroupSides:
    codes, n_groups = group_codes(group, len(sides))
    cells = np.bincount(codes * n_sides + sides, minlength=n_groups * n_sides)
    return GroupSides(np.unique(group), cells.reshape(-1, n_sides))
