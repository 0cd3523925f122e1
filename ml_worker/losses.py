"""The loss of multi-label training with entries that must not count as negatives."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus


def masked_bce(logits: Tensor, targets: Tensor, negative_mask: Tensor) -> Tensor:
    """Binary cross-entropy whose negative term is masked (Fonseca et al. 2020, Equation 1).

    L = -mean(y log p + m (1 - y) log(1 - p)), p = sigmoid(logits).

    Parameters
    ----------
    logits
        Shape (n, n_classes).
    targets
        y from 0 to 1, same shape; between the two under mixup.
    negative_mask
        m, same shape: 1 where "absent" may be believed, 0 where the entry is undecided or flagged
        as a missing label. Positive terms are never masked.

    Returns
    -------
    Tensor
        The mean over all n x n_classes entries, masked ones included, so that masking more never
        makes the other entries weigh more.
    """
    logits = logits.float()
    positive = targets * softplus(-logits)
    negative = negative_mask * (1.0 - targets) * softplus(logits)
    return torch.mean(positive + negative)
