import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import as_label_matrix, label_matrix
from datasets_app.domain.ontology.propagation import (
    ancestor_matrix,
    minimal_labels,
    propagate_labels,
)

N_CLASSES = 6
label_grids = arrays(bool, st.tuples(st.integers(0, 5), st.just(N_CLASSES)))
upward_pairs = st.lists(
    st.tuples(st.integers(0, N_CLASSES - 1), st.integers(0, N_CLASSES - 1))
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: (min(pair), max(pair)))
)


def implied_by_walking(grid, pairs):
    """Add parents until nothing changes, one label at a time."""
    whole = grid.copy()
    for clip in whole:
        changed = True
        while changed:
            new = [p for c, p in pairs if clip[c] and not clip[p]]
            clip[new] = True
            changed = bool(new)
    return whole


@given(label_grids, upward_pairs)
def test_propagated_labels_are_what_walking_up_adds(grid, pairs):
    added = propagate_labels(grid, ancestor_matrix(N_CLASSES, pairs)).toarray()
    assert not (added & grid).any()
    assert ((added | grid) == implied_by_walking(grid, pairs)).all()


@given(label_grids, upward_pairs)
def test_minimal_labels_bring_everything_back_and_none_can_be_spared(grid, pairs):
    ancestors = ancestor_matrix(N_CLASSES, pairs)
    least = minimal_labels(grid, ancestors).toarray()
    assert not (least & ~grid).any()
    everything = implied_by_walking(grid, pairs)
    assert (implied_by_walking(least, pairs) == everything).all()
    for clip, index in zip(*least.nonzero(), strict=True):
        fewer = least.copy()
        fewer[clip, index] = False
        assert (implied_by_walking(fewer, pairs) != everything).any()


@given(label_grids, upward_pairs, st.data())
def test_a_propagated_label_never_overwrites_a_blocked_one(grid, pairs, data):
    blocked = data.draw(arrays(bool, grid.shape))
    ancestors = ancestor_matrix(N_CLASSES, pairs)
    free = propagate_labels(grid, ancestors).toarray()
    held_back = propagate_labels(grid, ancestors, blocked=blocked).toarray()
    assert (held_back == (free & ~blocked)).all()


def test_closure_rows_and_direct_parents_give_the_same_ancestors():
    direct = ancestor_matrix(3, [(0, 1), (1, 2)])
    closed = ancestor_matrix(3, [(0, 1), (1, 2), (0, 2)])
    assert (direct != closed).nnz == 0


@pytest.mark.parametrize("pairs", [[(0, 0)], [(0, 1), (1, 0)], [(0, 3)], [(-1, 0)]])
def test_cycles_and_unknown_classes_are_refused(pairs):
    with pytest.raises(RuleError):
        ancestor_matrix(3, pairs)


def test_matrices_of_other_sizes_are_refused():
    ancestors = ancestor_matrix(3, [])
    with pytest.raises(RuleError, match="2 classes; give 3"):
        propagate_labels([[1, 0]], ancestors)
    with pytest.raises(RuleError, match="Blocked has 2 clips"):
        propagate_labels([[1, 0, 0]], ancestors, blocked=[[1, 0, 0]] * 2)
    with pytest.raises(RuleError):
        propagate_labels([[1, 0, 0]], [[0, 1, 0]])


def test_a_label_matrix_has_no_zeros_or_duplicates_and_leaves_its_input_alone():
    messy = label_matrix([0, 0, 1], [1, 1, 0], (2, 2)).astype(int)
    messy.data[0] = 0
    clean = as_label_matrix(messy)
    assert (clean.nnz, messy.nnz, clean.dtype) == (1, 2, bool)


def test_pairs_outside_the_matrix_are_refused():
    with pytest.raises(RuleError, match="class indices 2 to 2; give 0 to 1"):
        label_matrix([0], [2], (1, 2))


def test_fsd50k_dev_is_its_minimal_labels_propagated(shared_data):
    """Golden: dropping implied labels of dev.csv leaves 45,794; propagating gives dev.csv back.

    Over the 670 edges of propagation_edges.csv, of which 17 do not propagate; figures from an
    independent computation on the same files (issue 3).
    """
    folder = shared_data / "fsd50k"
    with (folder / "propagation_edges.csv").open() as file:
        edges = list(csv.DictReader(file))
    mids = sorted({edge[key] for edge in edges for key in ("child_mid", "parent_mid")})
    index = {mid: number for number, mid in enumerate(mids)}
    pairs = [
        (index[edge["child_mid"]], index[edge["parent_mid"]])
        for edge in edges
        if edge["propagates"] == "1"
    ]
    with (folder / "dev.csv").open() as file:
        clips = [[index[mid] for mid in row["mids"].split(",")] for row in csv.DictReader(file)]
    with (folder / "vocabulary.csv").open() as file:
        vocabulary = [index[row[2]] for row in csv.reader(file)]
    rows = np.repeat(np.arange(len(clips)), [len(labels) for labels in clips])
    dev = label_matrix(rows, [i for labels in clips for i in labels], (len(clips), len(mids)))
    ancestors = ancestor_matrix(len(mids), pairs)
    least = minimal_labels(dev, ancestors)
    restored = as_label_matrix(least + propagate_labels(least, ancestors))[:, vocabulary]
    differing_clips = np.diff((restored != dev[:, vocabulary]).tocsr().indptr)
    assert (len(edges), len(pairs), len(clips)) == (670, 653, 40966)
    assert (least.nnz, restored.nnz, (differing_clips == 0).sum()) == (45794, 114271, 40966)
