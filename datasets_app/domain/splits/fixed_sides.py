"""What of an earlier split stays when new clips join.

Conventions: a fixed side is 0 (dev, or train), 1 (eval, or val) or ``NEW`` for a clip that has none
yet. Sides that are fixed never change.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.errors import RuleError

NEW = -1
"""The fixed side of a clip that has none yet."""
_NAMED = 5
"""Divided groups that a refusal names."""


@dataclass(frozen=True, slots=True)
class FixedSides:
    """The fixed side of each clip, and which groups may still be assigned.

    Attributes
    ----------
    is_free : bool array (n_groups,)
        Groups without a fixed clip.
    chosen : bool array (n_groups,)
        Groups whose new clips go to side 1 because their fixed clips are there.
    clip_side : int array (n_clips,)
        As given.
    """

    is_free: NDArray[np.bool_]
    chosen: NDArray[np.bool_]
    clip_side: NDArray[np.int64]

    def placed(self, chosen: NDArray[np.bool_], codes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return the side of each clip: its own if fixed, else that of its group.

        Examples
        --------
        >>> sides = fix_sides([1, -1, -1], np.array([0, 0, 1]), 2, ["a", "b"])
        >>> sides.placed(sides.chosen, np.array([0, 0, 1])).tolist()
        [True, True, False]
        """
        return np.where(self.clip_side == NEW, chosen[codes], self.clip_side == 1)


def fix_sides(
    fixed_side: ArrayLike,
    codes: NDArray[np.int64],
    n_groups: int,
    names: ArrayLike,
    *,
    may_be_divided: bool = False,
) -> FixedSides:
    """Return what an earlier split leaves to decide.

    Parameters
    ----------
    fixed_side
        0, 1 or ``NEW`` (-1), shape (n_clips,).
    codes, n_groups
        Groups 0..n_groups-1 of shape (n_clips,).
    names
        What each group is called in an error, shape (n_groups,).
    may_be_divided
        If not, groups with fixed clips on both sides are refused; else their new clips go where
        most of the fixed ones are, to side 0 if equal.

    Raises
    ------
    RuleError
        If there is not one side for each clip, a side is none of the three, or a group is on both
        sides and must not be.

    Examples
    --------
    >>> fix_sides([0, 1], np.array([0, 0]), 1, [7])
    Traceback (most recent call last):
    datasets_app.domain.errors.RuleError: Groups 7 have clips fixed on both sides; withdraw the \
clips of one side, or undo the near-duplicates that join them.
    """
    sides = np.asarray(fixed_side, np.int64)
    if sides.shape != codes.shape:
        raise RuleError(
            f"Received fixed sides of shape {sides.shape}; give one for each clip: {codes.shape}."
        )
    if not np.isin(sides, [NEW, 0, 1]).all():
        raise RuleError(
            f"Received fixed sides {sides.min()} to {sides.max()}; give 0, 1, or {NEW} for new."
        )
    n_on = [np.bincount(codes[sides == side], minlength=n_groups) for side in (0, 1)]
    both = np.flatnonzero((n_on[0] > 0) & (n_on[1] > 0))
    if both.size and not may_be_divided:
        named = ", ".join(str(name) for name in np.asarray(names)[both[:_NAMED]])
        more = f" and {both.size - _NAMED} more" if both.size > _NAMED else ""
        raise RuleError(
            f"Groups {named}{more} have clips fixed on both sides; withdraw the clips of one side, "
            "or undo the near-duplicates that join them."
        )
    return FixedSides(n_on[0] + n_on[1] == 0, n_on[1] > n_on[0], sides)
