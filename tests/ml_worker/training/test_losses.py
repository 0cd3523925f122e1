"""The masked loss is cross-entropy with the negative term of masked entries left out."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import binary_cross_entropy_with_logits

from ml_worker.training.losses import masked_bce, weigh_classes
from ml_worker.training.recipe import ClassWeights

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


def test_a_class_that_weighs_twice_has_twice_the_gradient():
    gradients = []
    for weight in (1.0, 2.0):
        logits = LOGITS.clone().requires_grad_()
        weights = torch.tensor([weight, 1.0, 1.0])
        masked_bce(logits, TARGETS, torch.ones_like(TARGETS), weights).backward()
        gradients.append(logits.grad)
    torch.testing.assert_close(gradients[1][:, 0], 2 * gradients[0][:, 0])
    torch.testing.assert_close(gradients[1][:, 1:], gradients[0][:, 1:])


def test_rare_classes_weigh_more_in_proportion_or_by_the_root_up_to_a_cap():
    counts = np.array([10, 40, 40, 0])  # a class without a clip counts as one of one
    inverse = weigh_classes(counts, ClassWeights.INVERSE, 100.0)
    assert inverse[0] / inverse[1] == pytest.approx(4.0)
    assert inverse[3] / inverse[0] == pytest.approx(10.0)
    root = weigh_classes(counts, ClassWeights.INVERSE_SQRT, 100.0)
    assert root[0] / root[1] == pytest.approx(2.0)
    capped = weigh_classes(counts, ClassWeights.INVERSE, 2.275)  # the first class's 22.75 / 10
    assert capped[3] == capped[0] == pytest.approx(capped[1] * 4.0)
    assert weigh_classes(counts, ClassWeights.NONE, 10.0) is None


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=30),
    st.sampled_from([ClassWeights.INVERSE, ClassWeights.INVERSE_SQRT]),
    st.floats(1, 100),
)
def test_weights_have_mean_one_and_follow_rarity(counts, kind, cap):
    weights = weigh_classes(np.array(counts), kind, cap)
    assert weights.mean() == pytest.approx(1.0, rel=1e-5)
    order = np.argsort(counts, kind="stable")
    assert (np.diff(weights[order]) <= 1e-6).all()
