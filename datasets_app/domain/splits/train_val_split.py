"""Training and validation sides of the development set.

Conventions: WC, BC and the shares are those of ``contamination``; a group is an uploader.

The range of a class with T clips is floor(T (val_share - share_tolerance)) to
ceil(T (val_share + share_tolerance)) validation clips, both inclusive; at least 1 if T val_share
rounds to 1 or more, and at least 1 clip stays in training. Clips with several labels can make it
impossible to bring every class into range; then it is as near as the moves get.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, hstack

from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import (
    LabelMatrix,
    as_label_matrix,
    group_class_counts,
    group_codes,
)
from datasets_app.domain.splits.fixed_sides import NEW, fix_sides
from datasets_app.domain.splits.group_balance import GroupBalance
from datasets_app.domain.splits.group_division import divide_groups
from datasets_app.domain.splits.uploader_split import check_share, with_clip_column

Indices = NDArray[np.int64]


def split_train_val(
    labels: Any,
    group: ArrayLike,
    *,
    val_share: float = 0.15,
    share_tolerance: float = 0.05,
    seed: int,
) -> NDArray[np.bool_]:
    """Return which clips are for validation: least WC first, then BC, then class imbalance.

    Whole groups change sides, which contaminates nothing, until each class has its share as nearly
    as groups allow. Only for a class that groups leave outside its range (see above) are groups
    divided: one gives all its clips of that class that are on the wrong side, or as many as are
    missing; of these moves the one that adds least WC, then least BC, then least imbalance.

    Parameters
    ----------
    labels
        (n_clips, n_classes) positive labels, dense or sparse.
    group
        Integer codes of shape (n_clips,).
    val_share
        Wanted share of each class, above 0 and below 1.
    share_tolerance
        0 or more.
    seed
        Orders groups of equal size.

    Returns
    -------
    Booleans of shape (n_clips,).

    Raises
    ------
    RuleError
        If there is not one group for each clip, or a share is outside its range.

    Notes
    -----
    Source: Fonseca et al. 2021, section on the train/validation split (DESIGN §3), for the aims and
    their order; the search is ours. Cost: O((labels + groups x classes of a group) x sweeps).

    Examples
    --------
    >>> is_val = split_train_val([[1]] * 20, [1] * 17 + [2, 3, 4], seed=0)
    >>> int(is_val.sum()), bool(is_val[:17].any())
    (3, False)
    """
    matrix = as_label_matrix(labels)
    everyone_new = np.full(matrix.shape[0], NEW)
    return continue_train_val(
        matrix,
        group,
        everyone_new,
        val_share=val_share,
        share_tolerance=share_tolerance,
        seed=seed,
    )


def continue_train_val(
    labels: Any,
    group: ArrayLike,
    fixed_side: ArrayLike,
    *,
    val_share: float = 0.15,
    share_tolerance: float = 0.05,
    seed: int,
) -> NDArray[np.bool_]:
    """Return which clips are for validation once new clips have joined; no old clip moves.

    New clips of a group that has a side go to that side; of a group that was divided, to the side
    where most of it is. New groups are divided as by ``split_train_val``, so as to bring the
    classes, old clips counted in, into their range; old groups are never divided further.

    Parameters
    ----------
    labels, group, val_share, share_tolerance, seed
        As for ``split_train_val``, over old and new clips.
    fixed_side
        0 (train), 1 (val) or -1 (new), integers of shape (n_clips,).

    Raises
    ------
    RuleError
        As for ``split_train_val``, and if there is not one fixed side for each clip.

    Notes
    -----
    Source and cost as for ``split_train_val``; continuing a split is ours.

    Examples
    --------
    >>> continue_train_val([[1]] * 4, [1, 1, 2, 2], [1, -1, 0, -1], seed=0).tolist()
    [True, True, False, False]
    """
    check_share("val_share", val_share)
    if not share_tolerance >= 0:
        raise RuleError(f"share_tolerance is {share_tolerance:g}; give 0 or more.")
    matrix = as_label_matrix(labels)
    codes, n_groups = group_codes(group, matrix.shape[0])
    if n_groups == 0:
        return np.zeros(0, bool)
    fixed = fix_sides(
        fixed_side, codes, n_groups, np.unique(np.asarray(group)), may_be_divided=True
    )
    counts = with_clip_column(group_class_counts(matrix, codes, n_groups), codes)
    totals = np.asarray(counts.sum(axis=0)).ravel().astype(np.int64)
    lowest, highest = _allowed_range(totals, val_share, share_tolerance)
    target = np.asarray(val_share * totals, np.float64)
    aimed = partial(GroupBalance, target=target, lowest=lowest, highest=highest)
    by_group = aimed(counts, movable=fixed.is_free)
    by_group.start_from(fixed.chosen)
    _balance_groups(by_group, counts, fixed.is_free, seed)
    by_clip = aimed(_with_ones(matrix), movable=fixed.is_free[codes])
    by_clip.start_from(fixed.placed(by_group.chosen, codes))
    divide_groups(by_clip, matrix, codes)
    return by_clip.chosen


def split_train_val_random(
    labels: Any, group: ArrayLike, *, val_share: float = 0.15, seed: int
) -> NDArray[np.bool_]:
    """Return a random validation side of round(val_share x n_clips) clips, blind to groups.

    Parameters, errors and the result's shape as for ``split_train_val``. It is the comparison that
    shows what contamination does to validation scores. O(n_clips).

    Examples
    --------
    >>> int(split_train_val_random([[1]] * 20, range(20), seed=0).sum())
    3
    """
    check_share("val_share", val_share)
    n_clips = as_label_matrix(labels).shape[0]
    group_codes(group, n_clips)
    is_val = np.zeros(n_clips, bool)
    chosen = np.random.default_rng(seed).permutation(n_clips)[: round(val_share * n_clips)]
    is_val[chosen] = True
    return is_val


def _allowed_range(totals: Indices, share: float, tolerance: float) -> tuple[Indices, Indices]:
    """The range of ``split_train_val`` for each class; the last entry, all clips, is free."""
    slack = 1e-9  # 10 x (0.15 - 0.05) is 1 clip, whatever binary fractions say
    lowest = np.floor(totals * max(share - tolerance, 0.0) + slack)
    highest = np.ceil(totals * min(share + tolerance, 1.0) - slack)
    lowest = np.maximum(lowest, np.floor(totals * share + 0.5) >= 1)
    highest = np.clip(highest, 0, np.maximum(totals - 1, 0))
    lowest = np.minimum(lowest, highest)
    lowest[-1], highest[-1] = 0, totals[-1]
    return lowest.astype(np.int64), highest.astype(np.int64)


def _balance_groups(
    balance: GroupBalance, counts: Any, is_free: NDArray[np.bool_], seed: int
) -> None:
    """Choose whole groups, the small first: they fit in where large ones overshoot."""
    rng = np.random.default_rng(seed)
    n_clips = np.asarray(counts[:, [-1]].todense()).ravel()
    order = np.lexsort((rng.permutation(len(n_clips)), n_clips))
    balance.sweep(order[is_free[order]])
    balance.improve()
    if balance.violated().size:
        balance.repair(rng, max_steps=200 + 10 * len(balance.violated()))
        balance.improve()


def _with_ones(matrix: LabelMatrix) -> Any:
    """Each clip as a group of its own, in the layout of ``with_clip_column``."""
    ones = csr_array(np.ones((matrix.shape[0], 1), np.int64))
    return csr_array(hstack([matrix.astype(np.int64), ones], format="csr"))
