"""The masked loss is cross-entropy with the negative term of masked entries left out."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from ml_worker.losses import masked_bce

LOGITS = torch.tensor([[2.0, -1.0, 0.5], [-3.0, 0.0, 4.0]])
TARGETS = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def test_without_a_mask_it_is_binary_cross_entropy():
    ours = masked_bce(LOGITS, TARGETS, torch.ones_like(TARGETS))
    torch.testing.assert_close(ours, binary_cross_entropy_with_logits(LOGITS, TARGETS))


def test_a_masked_negative_has_no_loss_and_no_gradient_and_a_positive_keeps_its():
    logits = LOGITS.clone().requires_grad_()
    mask = torch.zeros_like(TARGETS)
    loss = masked_bce(logits, TARGETS, mask)
    loss.backward()
    assert (logits.grad[TARGETS == 0] == 0).all()
    assert (logits.grad[TARGETS == 1] < 0).all()
    terms = -torch.log(torch.sigmoid(LOGITS[TARGETS == 1]))
    torch.testing.assert_close(loss, terms.sum() / TARGETS.numel())


def test_large_logits_stay_finite():
    huge = torch.tensor([[1e4, -1e4]])
    assert torch.isfinite(masked_bce(huge, torch.tensor([[0.0, 1.0]]), torch.ones(1, 2)))
