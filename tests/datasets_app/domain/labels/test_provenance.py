import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.provenance import labels_lost_by_removing, propagation_provenance
from datasets_app.domain.ontology.propagation import ancestor_matrix, propagate_labels

N_CLASSES = 6
label_grids = arrays(bool, st.tuples(st.integers(0, 5), st.just(N_CLASSES)))
upward_pairs = st.lists(
    st.tuples(st.integers(0, N_CLASSES - 1), st.integers(0, N_CLASSES - 1))
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: (min(pair), max(pair)))
)


def above(index, pairs):
    """Every ancestor of a class, by walking."""
    direct = {parent for child, parent in pairs if child == index}
    return direct.union(*(above(parent, pairs) for parent in direct))


@given(label_grids, upward_pairs)
def test_each_propagated_label_names_every_rated_label_below_it(grid, pairs):
    found = propagation_provenance(grid, ancestor_matrix(N_CLASSES, pairs))
    expected = [
        (clip, implied, source)
        for clip in range(len(grid))
        for implied in range(N_CLASSES)
        for source in range(N_CLASSES)
        if grid[clip, source] and not grid[clip, implied] and implied in above(source, pairs)
    ]
    rows = zip(found.clip, found.class_index, found.source, strict=True)
    assert [tuple(map(int, row)) for row in rows] == expected


@given(label_grids, upward_pairs, st.data())
def test_provenance_is_of_the_propagated_labels_and_of_no_blocked_one(grid, pairs, data):
    blocked = data.draw(arrays(bool, grid.shape))
    ancestors = ancestor_matrix(N_CLASSES, pairs)
    found = propagation_provenance(grid, ancestors, blocked=blocked)
    added = np.zeros(grid.shape, bool)
    added[found.clip, found.class_index] = True
    assert (added == propagate_labels(grid, ancestors, blocked=blocked).toarray()).all()


@given(label_grids, upward_pairs, st.data())
def test_removing_a_rated_label_removes_just_what_it_alone_implied(grid, pairs, data):
    removed = data.draw(arrays(bool, grid.shape)) & grid
    lost = labels_lost_by_removing(grid, ancestor_matrix(N_CLASSES, pairs), removed).toarray()
    for clip in range(len(grid)):
        rated = set(np.flatnonzero(grid[clip]))
        staying = rated - set(np.flatnonzero(removed[clip]))
        before, after = (
            labels.union(*(above(index, pairs) for index in labels)) for labels in (rated, staying)
        )
        assert set(np.flatnonzero(lost[clip])) == before - after


@given(label_grids, upward_pairs, st.data())
def test_what_is_lost_is_what_has_no_source_left(grid, pairs, data):
    removed = data.draw(arrays(bool, grid.shape)) & grid
    ancestors = ancestor_matrix(N_CLASSES, pairs)
    found = propagation_provenance(grid, ancestors)
    stays = ~removed[found.clip, found.source]
    has_source = np.zeros(grid.shape, bool)
    has_source[found.clip[stays], found.class_index[stays]] = True
    implied = np.zeros(grid.shape, bool)
    implied[found.clip, found.class_index] = True
    lost = labels_lost_by_removing(grid, ancestors, removed).toarray()
    assert (lost[implied] == ~has_source[implied]).all()


def test_a_rated_negative_that_blocked_a_label_is_not_lost():
    dog_is_animal = ancestor_matrix(2, [(0, 1)])
    lost = labels_lost_by_removing([[1, 0]], dog_is_animal, [[1, 0]], blocked=[[0, 1]])
    assert lost.toarray().tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("removed", "said"),
    [([[0, 1]], "1 labels to remove that are not rated"), ([[1, 0]] * 2, "2 clips; give 1")],
)
def test_only_rated_labels_can_be_removed(removed, said):
    with pytest.raises(RuleError, match=said):
        labels_lost_by_removing([[1, 0]], ancestor_matrix(2, []), removed)
