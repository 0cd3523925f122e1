import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets_app.domain.errors import RuleError
from datasets_app.domain.vocabulary import choose_vocabulary

N_CLASSES = 5


def choose(dev, parents, *, evaluation=None, min_dev=1, min_eval=0, eligible=None):
    """Vocabulary of classes 0.. with ``dev[c]`` direct clips each."""
    grid = np.repeat(np.eye(len(parents), dtype=bool), dev, axis=0)
    eval_grid = np.repeat(
        np.eye(len(parents), dtype=bool), dev if evaluation is None else evaluation, axis=0
    )
    return choose_vocabulary(
        grid,
        eval_grid,
        parents,
        min_dev=min_dev,
        min_eval=min_eval,
        eligible=np.ones(len(parents), bool) if eligible is None else eligible,
    )


def test_a_leaf_with_just_enough_clips_is_kept_and_one_less_is_merged():
    assert choose([3, 9], [[1], []], min_dev=3).kept == (0, 1)
    merged = choose([2, 9], [[1], []], min_dev=3)
    assert merged.kept == (1,)
    assert [(m.class_index, m.into, m.n_dev, m.n_eval) for m in merged.merges] == [(0, (1,), 2, 2)]


def test_both_thresholds_must_be_met():
    chosen = choose([5, 5], [[1], []], evaluation=[1, 3], min_dev=1, min_eval=2)
    assert chosen.kept == (1,)


def test_a_parent_is_kept_for_the_clips_of_its_children():
    assert choose([2, 2, 0], [[2], [2], []], min_dev=4).kept == (2,)


def test_a_leaf_climbs_past_small_and_abstract_parents_to_every_kept_ancestor():
    #            leaf  small  abstract  kept  kept
    parents = [[1, 2], [3], [4], [], []]
    eligible = [True, True, False, True, True]
    chosen = choose([1, 1, 9, 5, 5], parents, min_dev=3, eligible=eligible)
    assert chosen.kept == (3, 4)
    assert {m.class_index: m.into for m in chosen.merges} == {0: (3, 4), 1: (3,), 2: (4,)}


def test_a_small_class_without_a_kept_ancestor_is_dropped_with_a_sentence():
    chosen = choose([1, 9], [[], []], min_dev=3)
    assert chosen.dropped == (0,)
    assert chosen.reasons == (
        "It has 1 dev and 1 eval clips, and no ancestor that takes its labels is kept.",
    )


def test_a_class_without_clips_is_dropped_and_not_merged():
    chosen = choose([0, 9], [[1], []])
    assert (chosen.dropped, chosen.reasons) == ((0,), ("No clip carries it.",))


def test_thresholds_nobody_can_meet_are_refused_with_what_there_is():
    with pytest.raises(RuleError, match="the most are 9 dev and 9 eval") as refused:
        choose([1, 8], [[1], []], min_dev=100)
    assert len(refused.value.problems) == 1


def test_a_parent_cycle_and_a_wrong_size_are_refused():
    with pytest.raises(RuleError, match="cycle"):
        choose([1, 1], [[1], [0]])
    with pytest.raises(RuleError, match="Eligible"):
        choose([1, 1], [[1], []], eligible=[True])


parent_lists = st.lists(
    st.sets(st.integers(0, N_CLASSES - 1)), min_size=N_CLASSES, max_size=N_CLASSES
).map(lambda above: [sorted(p for p in parents if p > i) for i, parents in enumerate(above)])
grids = arrays(bool, st.tuples(st.integers(1, 12), st.just(N_CLASSES)))


@given(grids, grids, parent_lists, st.integers(0, 4), st.integers(0, 4), arrays(bool, N_CLASSES))
def test_every_class_ends_once_and_kept_ones_meet_the_thresholds(
    dev, evaluation, parents, min_dev, min_eval, eligible
):
    try:
        chosen = choose_vocabulary(
            dev, evaluation, parents, min_dev=min_dev, min_eval=min_eval, eligible=eligible
        )
    except RuleError:
        return
    merged = [merge.class_index for merge in chosen.merges]
    assert sorted([*chosen.kept, *merged, *chosen.dropped]) == list(range(N_CLASSES))
    assert len(chosen.reasons) == len(chosen.dropped)
    assert all(set(merge.into) <= set(chosen.kept) for merge in chosen.merges)

    def clips_with(grid, index):
        below = {index}
        for child in reversed(range(N_CLASSES)):
            if set(parents[child]) & below:
                below.add(child)
        return grid[:, sorted(below)].any(axis=1).sum()

    for index in range(N_CLASSES):
        enough = clips_with(dev, index) >= min_dev and clips_with(evaluation, index) >= min_eval
        assert (index in chosen.kept) == (enough and eligible[index])
