"""The loss of multi-label training with entries that must not count as negatives."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import softplus

from ml_worker.training.recipe import ClassWeights


def masked_bce(
    logits: Tensor,
    targets: Tensor,
    negative_mask: Tensor,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Binary cross-entropy whose negative term is masked (Fonseca et al. 2020, Equation 1).

    L = -mean(w (y log p + m (1 - y) log(1 - p))), p = sigmoid(logits).

    Parameters
    ----------
    logits
        Shape (n, n_classes).
    targets
        y from 0 to 1, same shape; between the two under mixup.
    negative_mask
        m, same shape: 1 where "absent" may be believed, 0 where the entry is undecided or flagged
        as a missing label. Positive terms are never masked.
    class_weights
        w, shape (n_classes,), of mean 1; all 1 if there are none.

    Returns
    -------
    Tensor
        The mean over all n x n_classes entries, masked ones included, so that masking more never
        makes the other entries weigh more.
    """
    logits = logits.float()
    positive = targets * softplus(-logits)
    negative = negative_mask * (1.0 - targets) * softplus(logits)
    terms = positive + negative
    return torch.mean(terms if class_weights is None else terms * class_weights)


def weigh_classes(
    n_positive: NDArray[np.integer], kind: ClassWeights, cap: float
) -> NDArray[np.float32] | None:
    """Return each class's weight in the loss, of mean 1; None where all weigh the same.

    Parameters
    ----------
    n_positive
        Training clips that have the class, shape (n_classes,).
    kind
        ``inverse``: in proportion to 1 / n; ``inverse_sqrt``: to 1 / sqrt(n), gentler.
    cap
        At most (inclusive) this many times the weight of a class of average size, before all are
        scaled to mean 1. A class without a clip counts as having one.

    Both terms of a class, positive and negative, get its weight: a rare class is learnt harder, not
    expected more often. Ours; the FSD50K baselines use none.
    """
    if kind is ClassWeights.NONE:
        return None
    counts = np.maximum(np.asarray(n_positive, np.float64), 1.0)
    ratios = counts.mean() / counts
    if kind is ClassWeights.INVERSE_SQRT:
        ratios = np.sqrt(ratios)
    capped = np.minimum(ratios, cap)
    return (capped / capped.mean()).astype(np.float32)
