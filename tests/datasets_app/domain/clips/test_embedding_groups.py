"""Groups by embeddings join what is alike, over chains, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from datasets_app.domain.clips.clip_groups import NO_DUPLICATES
from datasets_app.domain.clips.embedding_groups import near_duplicate_groups
from datasets_app.domain.errors import RuleError


def rows_at(*degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def test_the_threshold_is_inclusive():
    rows = rows_at(0, 60)
    assert near_duplicate_groups(rows, 0.5).tolist() == [0, 0]
    assert near_duplicate_groups(rows, 0.51).tolist() == [-1, -1]
    assert near_duplicate_groups(3 * rows_at(10, 10), 1.0).tolist() == [0, 0]


def test_groups_are_closed_over_chains_and_named_by_their_lowest_clip():
    rows = rows_at(90, 0, 10, 95, 20, 200)
    assert near_duplicate_groups(rows, np.cos(np.radians(11))).tolist() == [0, 1, 1, 0, 1, -1]


def test_length_does_not_matter_and_zeros_are_alone():
    rows = np.concatenate([rows_at(5) * 1e-3, rows_at(5) * 1e3, np.zeros((2, 2), np.float32)])
    assert near_duplicate_groups(rows, 0.99).tolist() == [0, 0, -1, -1]


def test_no_clip_and_one_clip_have_no_groups():
    assert near_duplicate_groups(np.empty((0, 4), np.float32)).tolist() == []
    assert near_duplicate_groups(np.ones((1, 4), np.float32)).tolist() == [-1]


@pytest.mark.parametrize("threshold", [0.0, -0.5, 1.01, np.nan])
def test_a_threshold_out_of_range_is_refused(threshold):
    with pytest.raises(RuleError, match="give a cosine above 0, up to 1"):
        near_duplicate_groups(np.ones((2, 2), np.float32), threshold)


@pytest.mark.parametrize("rows", [np.ones(3), np.full((2, 2), np.nan), np.ones((1, 2, 3))])
def test_what_is_no_matrix_of_numbers_is_refused(rows):
    with pytest.raises(RuleError, match="give a matrix of finite numbers"):
        near_duplicate_groups(rows.astype(np.float32))


@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.floats(0.3, 0.99))
def test_groups_are_the_components_of_the_graph_of_alike_pairs(seed, n_clips, threshold):
    rows = np.random.default_rng(seed).normal(size=(n_clips, 3)).astype(np.float32)
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    _, component = connected_components(units @ units.T >= threshold - 1e-6, directed=False)
    members = [np.flatnonzero(component == c) for c in component]
    expected = [m[0] if len(m) > 1 else NO_DUPLICATES for m in members]
    assert near_duplicate_groups(rows, threshold).tolist() == expected


def test_blocks_of_rows_make_no_difference(monkeypatch):
    rows = np.random.default_rng(3).normal(size=(300, 4)).astype(np.float32)
    whole = near_duplicate_groups(rows, 0.95)
    monkeypatch.setattr("datasets_app.domain.clips.embedding_groups._ROWS_AT_ONCE", 7)
    np.testing.assert_array_equal(near_duplicate_groups(rows, 0.95), whole)
