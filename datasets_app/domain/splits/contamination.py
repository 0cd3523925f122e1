"""How much of the validation side comes from uploaders that training has heard.

Conventions: the unit is a validation label, a (clip, class) pair of a clip on the validation side.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import as_label_matrix, group_class_counts, group_codes


@dataclass(frozen=True, slots=True)
class Contamination:
    """What the two sides of a split share.

    Attributes
    ----------
    within_class : float
        WC: share of validation labels (clip by u, class c) such that training has a clip by u with
        class c. 0 to 1; 0 if there are no validation labels.
    between_class : float
        BC: share of validation labels (clip by u, class c) such that training has a clip by u with
        another class than c. 0 to 1. A label can be in both.
    val_share_per_class : float array (n_classes,)
        Share of the clips of each class that are on the validation side; nan without clips.
    n_contaminated_groups : int
        Groups with clips on both sides.
    n_val_labels : int
        Validation labels, the denominator of both shares.
    """

    within_class: float
    between_class: float
    val_share_per_class: NDArray[np.float64]
    n_contaminated_groups: int
    n_val_labels: int


def measure_contamination(labels: Any, group: ArrayLike, is_val: ArrayLike) -> Contamination:
    """Return the contamination of a train/validation split.

    Parameters
    ----------
    labels
        (n_clips, n_classes), dense or sparse.
    group
        Uploader codes of shape (n_clips,).
    is_val
        Booleans of shape (n_clips,).

    Raises
    ------
    RuleError
        If there is not one group and one side for each clip.

    Notes
    -----
    Source: WC and BC are named in words by Fonseca et al. 2021, section on the train/validation
    split (DESIGN §3); to count them as shares of validation labels is ours. O(labels).

    Examples
    --------
    >>> found = measure_contamination([[1, 0], [1, 0], [0, 1]], [0, 0, 0], [False, True, True])
    >>> found.within_class, found.between_class
    (0.5, 0.5)
    """
    matrix = as_label_matrix(labels)
    codes, n_groups = group_codes(group, matrix.shape[0])
    side = np.asarray(is_val, bool)
    if side.shape != codes.shape:
        raise RuleError(
            f"Received sides of shape {side.shape}; give one for each clip: {codes.shape}."
        )
    val = group_class_counts(matrix[side], codes[side], n_groups)
    train = group_class_counts(matrix[~side], codes[~side], n_groups)
    within, between = _contaminated(val, train)
    n_val = np.asarray(val.sum(axis=0)).ravel()
    n_all = n_val + np.asarray(train.sum(axis=0)).ravel()
    with np.errstate(invalid="ignore"):
        share = n_val / n_all
    n_labels = int(n_val.sum())
    both = np.intersect1d(codes[side], codes[~side])
    return Contamination(
        within_class=within / max(n_labels, 1),
        between_class=between / max(n_labels, 1),
        val_share_per_class=share,
        n_contaminated_groups=len(both),
        n_val_labels=n_labels,
    )


def _contaminated(val: Any, train: Any) -> tuple[int, int]:
    """Count the validation labels in WC and in BC."""
    owner = np.repeat(np.arange(val.shape[0]), np.diff(val.indptr))
    owner_in_train = np.repeat(np.arange(train.shape[0]), np.diff(train.indptr))
    n_classes = val.shape[1]
    own_class = np.isin(
        owner * n_classes + val.indices, owner_in_train * n_classes + train.indices
    ).astype(np.int64)
    classes_in_train = np.diff(train.indptr)[owner]
    within = val.data[own_class > 0].sum()
    between = val.data[classes_in_train - own_class > 0].sum()
    return int(within), int(between)
