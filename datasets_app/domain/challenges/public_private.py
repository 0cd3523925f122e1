"""Divides eval clips into public and private ones, and gives them new names."""

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
from datasets_app.domain.splits.group_balance import GroupBalance

_SIDES, _NAMES = 1, 2
"""Two streams of one seed: who guesses the order of the names learns nothing of the sides."""


def divide_public_private(
    labels: LabelMatrix, group: ArrayLike, *, public_share: float, seed: int
) -> NDArray[np.bool_]:
    """Return which eval clips are public; all clips of a group are on the same side.

    Each class gets about its share on the public side, and at least one clip on either side where
    it has two groups or more. Starting from a random choice, groups change sides as long as the
    shares gain by it.

    Parameters
    ----------
    labels
        (n_clips, n_classes) positive labels.
    group
        What must stay together (uploaders joined over near-duplicates), codes of shape (n_clips,).
    public_share
        Above 0 and below 1.
    seed
        The same seed, labels and groups give the same sides.

    Raises
    ------
    RuleError
        The share is out of bounds, or the clips are all of one group.
    """
    if not 0 < public_share < 1:
        raise RuleError(
            f"Received a public share of {public_share:g}; give one above 0 and below 1, such as "
            "0.3."
        )
    matrix = as_label_matrix(labels)
    codes, n_groups = group_codes(group, matrix.shape[0])
    if n_groups < 2:
        raise RuleError(
            f"Received {matrix.shape[0]} eval clips of {n_groups} uploader; clips of one uploader "
            "stay together, so a public and a private side need two uploaders or more."
        )
    everything = csr_array(np.ones((matrix.shape[0], 1), bool))
    counts = group_class_counts(csr_array(hstack([matrix, everything])), codes, n_groups)
    n_clips = np.asarray(counts.sum(axis=0)).ravel().astype(np.int64)
    is_divisible = (counts.tocsc().indptr[1:] - counts.tocsc().indptr[:-1]) >= 2
    balance = GroupBalance(
        counts,
        target=np.asarray(n_clips * public_share, np.float64),
        lowest=is_divisible.astype(np.int64),
        highest=n_clips - is_divisible,
    )
    rng = np.random.default_rng([seed, _SIDES])
    balance.start_from(rng.random(n_groups) < public_share)
    balance.improve()
    balance.repair(rng, max_steps=20 * matrix.shape[1] + 200)
    return np.asarray(balance.chosen[codes], bool)


def anonymous_names(n_clips: int, *, seed: int) -> list[str]:
    """Return a new name for each clip; their order says nothing of the old one.

    >>> sorted(anonymous_names(3, seed=5))
    ['e00000', 'e00001', 'e00002']
    """
    places = np.random.default_rng([seed, _NAMES]).permutation(n_clips)
    return [f"e{place:05d}" for place in places]
