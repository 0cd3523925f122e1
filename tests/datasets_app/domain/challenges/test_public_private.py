"""The public and the private side share no uploader, and every class is on both where it can be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.challenges.public_private import anonymous_names, divide_public_private
from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import as_label_matrix


@st.composite
def eval_clips(draw):
    n_clips = draw(st.integers(2, 40))
    groups = draw(st.lists(st.integers(0, 9), min_size=n_clips, max_size=n_clips))
    labels = draw(st.lists(st.integers(0, 4), min_size=n_clips, max_size=n_clips))
    matrix = np.zeros((n_clips, 5), bool)
    matrix[np.arange(n_clips), labels] = True
    return matrix, np.array(groups)


@given(eval_clips(), st.floats(0.1, 0.9), st.integers(0, 2**62 - 1))
def test_no_group_is_on_both_sides_and_neither_side_is_empty(clips, share, seed):
    matrix, groups = clips
    if len(set(groups.tolist())) < 2:
        with pytest.raises(RuleError, match="two uploaders or more"):
            divide_public_private(as_label_matrix(matrix), groups, public_share=share, seed=seed)
        return
    public = divide_public_private(as_label_matrix(matrix), groups, public_share=share, seed=seed)
    assert not set(groups[public]) & set(groups[~public])
    assert public.any() and not public.all()
    again = divide_public_private(as_label_matrix(matrix), groups, public_share=share, seed=seed)
    assert (public == again).all()


def test_each_class_has_about_its_share_on_the_public_side():
    rng = np.random.default_rng(1)
    matrix = np.zeros((2000, 20), bool)
    matrix[np.arange(2000), rng.integers(20, size=2000)] = True
    groups = rng.integers(400, size=2000)
    public = divide_public_private(as_label_matrix(matrix), groups, public_share=0.3, seed=2)
    shares = matrix[public].sum(axis=0) / matrix.sum(axis=0)
    assert (np.abs(shares - 0.3) < 0.02).all()
    assert public.mean() == pytest.approx(0.3, abs=0.01)


def test_a_class_of_two_uploaders_is_on_both_sides():
    matrix = as_label_matrix(np.eye(2, dtype=bool)[[0, 0, 1, 1, 1, 1]])
    for seed in range(20):
        public = divide_public_private(matrix, [0, 1, 2, 3, 4, 5], public_share=0.2, seed=seed)
        assert sorted(public[:2].tolist()) == [False, True]


def test_another_seed_divides_otherwise():
    matrix = as_label_matrix(np.ones((40, 1), bool))
    sides = {
        divide_public_private(matrix, range(40), public_share=0.5, seed=seed).tobytes()
        for seed in range(5)
    }
    assert len(sides) == 5


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_lies_strictly_between_none_and_all(share):
    with pytest.raises(RuleError, match="above 0 and below 1"):
        divide_public_private(
            as_label_matrix(np.ones((2, 1), bool)), [0, 1], public_share=share, seed=0
        )


@given(st.integers(0, 300), st.integers(0, 2**62 - 1))
def test_names_are_new_each_once_and_say_nothing_of_the_order(n, seed):
    names = anonymous_names(n, seed=seed)
    assert sorted(names) == [f"e{i:05d}" for i in range(n)]
    assert names == anonymous_names(n, seed=seed)
    if n > 20:
        assert names != sorted(names)
