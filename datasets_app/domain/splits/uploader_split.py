"""Development and evaluation sides that share no uploader.

Conventions: a group is what must stay together: an uploader, merged with others over
near-duplicates. Any integer codes will do; the caller keeps them stable between runs.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, hstack

from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import as_label_matrix, group_class_counts, group_codes
from datasets_app.domain.splits.fixed_sides import NEW, fix_sides
from datasets_app.domain.splits.group_balance import GroupBalance


def uploader_scores(labels: Any, uploader: ArrayLike) -> NDArray[np.float64]:
    """Return how much each uploader weighs; small, diverse uploaders score low.

    score_u = max_c n_uc + (1 / K_u) sum_c n_uc, for n_uc clips of class c by uploader u over K_u
    classes; 0 for an uploader without labels.

    Parameters
    ----------
    labels
        (n_clips, n_classes), dense or sparse.
    uploader
        Integer codes of shape (n_clips,).

    Returns
    -------
    One score for each distinct uploader, in ascending order of code.

    Raises
    ------
    RuleError
        If there is not one uploader for each clip.

    Notes
    -----
    Source: Fonseca et al. 2021, section on the dev/eval split (DESIGN §3). O(labels).

    Examples
    --------
    >>> uploader_scores([[1, 0], [1, 0], [0, 1], [0, 1]], [0, 0, 0, 1]).tolist()
    [3.5, 2.0]
    """
    matrix = as_label_matrix(labels)
    codes, n_groups = group_codes(uploader, matrix.shape[0])
    return _scores(group_class_counts(matrix, codes, n_groups))


def split_dev_eval(
    labels: Any, group: ArrayLike, *, eval_share: float = 0.2, seed: int
) -> NDArray[np.bool_]:
    """Return which clips are for evaluation; all clips of a group are on the same side.

    Groups are taken into eval by ascending ``uploader_scores`` while that brings the classes nearer
    to their share; then single groups change sides as long as the shares gain by it. A class with
    clips of two groups or more gets clips on both sides wherever the groups allow it; a class of
    one group goes where its group goes, mostly dev. Clips without labels count towards the share of
    all clips only. With one group, all is dev.

    Parameters
    ----------
    labels
        (n_clips, n_classes) positive labels, dense or sparse.
    group
        Integer codes of shape (n_clips,).
    eval_share
        Wanted share of each class, above 0 and below 1.
    seed
        Orders groups of equal score. The result depends on it, on the labels and on the codes, not
        on the order of the clips.

    Returns
    -------
    Booleans of shape (n_clips,).

    Raises
    ------
    RuleError
        If there is not one group for each clip, or ``eval_share`` is outside its range.

    Notes
    -----
    Source: Fonseca et al. 2021, section on the dev/eval split (DESIGN §3); the balancing is ours.
    Cost: O(labels + (groups x classes of a group) x sweeps).

    Examples
    --------
    >>> split_dev_eval([[1], [1], [1], [1], [1]], [1, 1, 1, 1, 2], seed=0).tolist()
    [False, False, False, False, True]
    """
    matrix = as_label_matrix(labels)
    everyone_new = np.full(matrix.shape[0], NEW)
    return continue_split(matrix, group, everyone_new, eval_share=eval_share, seed=seed)


def continue_split(
    labels: Any, group: ArrayLike, fixed_side: ArrayLike, *, eval_share: float = 0.2, seed: int
) -> NDArray[np.bool_]:
    """Return which clips are for evaluation once new clips have joined; no old clip moves.

    New clips of a group that has a side go to that side. New groups are divided as by
    ``split_dev_eval``, so as to bring the classes, old clips counted in, nearest to their share.
    With one group and no fixed side, all is dev.

    Parameters
    ----------
    labels, group, eval_share, seed
        As for ``split_dev_eval``, over old and new clips.
    fixed_side
        0 (dev), 1 (eval) or -1 (new), integers of shape (n_clips,).

    Raises
    ------
    RuleError
        As for ``split_dev_eval``, and if a group has fixed clips on both sides: near-duplicates
        that came later may join two uploaders.

    Notes
    -----
    Source and cost as for ``split_dev_eval``; continuing a split is ours.

    Examples
    --------
    >>> continue_split([[1]] * 6, [1, 1, 2, 2, 3, 4], [0, 0, 1, -1, -1, -1], seed=0).tolist()
    [False, False, True, True, False, False]
    """
    check_share("eval_share", eval_share)
    matrix = as_label_matrix(labels)
    codes, n_groups = group_codes(group, matrix.shape[0])
    fixed = fix_sides(fixed_side, codes, n_groups, np.unique(np.asarray(group)))
    if n_groups < 2:
        return fixed.placed(fixed.chosen, codes)
    counts = group_class_counts(matrix, codes, n_groups)
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.permutation(n_groups), _scores(counts)))
    balance = _balance_of(with_clip_column(counts, codes), eval_share, fixed.is_free)
    balance.start_from(fixed.chosen)
    balance.sweep(order[fixed.is_free[order]])
    balance.improve()
    if balance.violated().size:
        balance.repair(rng, max_steps=200 + 20 * len(balance.violated()))
        balance.improve()
    return fixed.placed(balance.chosen, codes)


def with_clip_column(counts: Any, codes: NDArray[np.int64]) -> Any:
    """Return group-by-class counts with one more column: all clips of the group.

    Examples
    --------
    >>> with_clip_column(csr_array([[1], [0]]), np.array([0, 0, 1])).toarray().tolist()
    [[1, 2], [0, 1]]
    """
    n_clips = np.bincount(codes, minlength=counts.shape[0])
    return csr_array(hstack([counts, csr_array(n_clips[:, None])], format="csr"))


def check_share(name: str, share: float) -> None:
    """Refuse a share outside 0 to 1, both exclusive.

    Examples
    --------
    >>> check_share("val_share", 1.0)
    Traceback (most recent call last):
    datasets_app.domain.errors.RuleError: val_share is 1; give a number between 0 and 1.
    """
    if not 0 < share < 1:
        raise RuleError(f"{name} is {share:g}; give a number between 0 and 1.")


def _scores(counts: Any) -> NDArray[np.float64]:
    n_classes_of = np.diff(counts.indptr)
    owner = np.repeat(np.arange(counts.shape[0]), n_classes_of)
    totals = np.bincount(owner, counts.data, minlength=counts.shape[0])
    largest = np.zeros(counts.shape[0])
    np.maximum.at(largest, owner, counts.data)
    return np.asarray(largest + totals / np.maximum(n_classes_of, 1))


def _balance_of(counts: Any, share: float, movable: NDArray[np.bool_]) -> GroupBalance:
    """Every class that two groups have must have clips on both sides."""
    totals = np.asarray(counts.sum(axis=0)).ravel().astype(np.int64)
    n_groups_of = np.bincount(counts.indices, minlength=counts.shape[1])
    lowest = (n_groups_of >= 2).astype(np.int64)
    return GroupBalance(
        counts,
        target=np.asarray(share * totals, np.float64),
        lowest=lowest,
        highest=totals - lowest,
        movable=movable,
    )
