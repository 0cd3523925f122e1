import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets_app.domain.errors import RuleError
from datasets_app.domain.splits.uploader_split import split_dev_eval, uploader_scores

collections = st.tuples(st.integers(1, 25), st.integers(1, 4)).flatmap(
    lambda shape: st.tuples(
        arrays(bool, shape), arrays(np.int64, shape[0], elements=st.integers(0, 6))
    )
)


def skewed_collection(n_clips=1500, n_classes=20, n_uploaders=200, seed=0):
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, n_uploaders + 1)
    uploader = rng.choice(n_uploaders, n_clips, p=weights / weights.sum())
    favourite = rng.integers(0, n_classes, (n_uploaders, 3))
    labels = np.zeros((n_clips, n_classes), bool)
    labels[np.arange(n_clips), favourite[uploader, rng.integers(0, 3, n_clips)]] = True
    labels[np.arange(n_clips), rng.integers(0, n_classes, n_clips)] |= rng.random(n_clips) < 0.3
    return labels, uploader


@given(collections)
def test_scores_follow_the_formula_clip_by_clip(collection):
    labels, uploader = collection
    expected = []
    for code in sorted(set(uploader)):
        n_of_class = labels[uploader == code].sum(axis=0)
        n_of_class = n_of_class[n_of_class > 0]
        expected.append(n_of_class.max() + n_of_class.mean() if n_of_class.size else 0.0)
    assert uploader_scores(labels, uploader) == pytest.approx(expected)


def test_a_diverse_uploader_scores_lower_than_a_monotonous_one_of_the_same_size():
    labels = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [1, 0, 0], [1, 0, 0]]
    diverse, monotonous = uploader_scores(labels, [0, 0, 0, 1, 1, 1])
    assert diverse < monotonous


@given(collections, st.integers(0, 3))
def test_no_uploader_is_ever_on_both_sides(collection, seed):
    labels, uploader = collection
    is_eval = split_dev_eval(labels, uploader, seed=seed)
    assert not set(uploader[is_eval]) & set(uploader[~is_eval])
    assert (is_eval == split_dev_eval(labels, uploader, seed=seed)).all()


def n_covered(labels, is_eval):
    return (labels[is_eval].any(axis=0) & labels[~is_eval].any(axis=0)).sum()


@given(collections)
@settings(max_examples=60, deadline=None)
def test_as_many_classes_are_on_both_sides_as_any_division_of_uploaders_allows(collection):
    labels, uploader = collection
    codes = sorted(set(uploader))
    divisions = itertools.product([False, True], repeat=len(codes))
    best = max(
        n_covered(
            labels, np.isin(uploader, [c for c, side in zip(codes, sides, strict=True) if side])
        )
        for sides in divisions
    )
    assert n_covered(labels, split_dev_eval(labels, uploader, seed=0)) == best


@given(collections, st.randoms())
def test_the_order_of_clips_changes_nothing(collection, random):
    labels, uploader = collection
    order = random.sample(range(len(labels)), len(labels))
    shuffled = split_dev_eval(labels[order], uploader[order], seed=1)
    assert (shuffled == split_dev_eval(labels, uploader, seed=1)[order]).all()


def test_each_class_gets_about_its_share_and_small_uploaders_go_to_eval():
    labels, uploader = skewed_collection()
    is_eval = split_dev_eval(labels, uploader, eval_share=0.2, seed=0)
    shares = labels[is_eval].sum(axis=0) / labels.sum(axis=0)
    assert shares.min() >= 0.1
    assert shares.max() <= 0.3
    assert is_eval.mean() == pytest.approx(0.2, abs=0.02)
    clips_per_uploader = np.bincount(uploader)
    assert (
        clips_per_uploader[np.unique(uploader[is_eval])].mean()
        < clips_per_uploader[np.unique(uploader[~is_eval])].mean() / 2
    )


def test_with_one_uploader_everything_is_dev():
    assert not split_dev_eval(np.ones((5, 2), bool), [3] * 5, seed=0).any()


def test_an_uploader_with_nine_of_ten_clips_stays_in_dev():
    uploader = np.array([0] * 90 + list(range(1, 11)))
    is_eval = split_dev_eval(np.ones((100, 1), bool), uploader, seed=0)
    assert not is_eval[:90].any()
    assert is_eval[90:].any()


def test_clips_without_any_label_are_divided_too():
    is_eval = split_dev_eval(np.zeros((10, 3), bool), np.arange(10), seed=0)
    assert is_eval.sum() == 2


def test_a_collection_without_clips_has_no_sides():
    assert split_dev_eval(np.zeros((0, 3), bool), [], seed=0).shape == (0,)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_at_or_beyond_the_ends_is_refused(share):
    with pytest.raises(RuleError, match="eval_share"):
        split_dev_eval([[1], [1]], [0, 1], eval_share=share, seed=0)


def test_clips_without_an_uploader_are_refused():
    with pytest.raises(RuleError, match="one for each clip"):
        split_dev_eval([[1], [1]], [0], seed=0)
