import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets_app.domain.errors import RuleError
from datasets_app.domain.splits.vocabulary import choose_vocabulary
from datasets_app.domain.splits.vocabulary_wish import merged_parents

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


NAMES = ["Bark", "Dog", "Animal", "Bell", "Bicycle bell"]
PARENTS = [[1], [2], [], [], []]


def choose_with(dev, **wish):
    return choose_vocabulary(
        np.repeat(np.eye(5, dtype=bool), dev, axis=0),
        np.zeros((0, 5), bool),
        PARENTS,
        min_dev=3,
        min_eval=0,
        eligible=np.array([True, True, False, True, True]),
        names=NAMES,
        **wish,
    )


def test_a_pinned_class_is_kept_below_the_thresholds_and_though_abstract():
    assert choose_with([1, 3, 0, 3, 1]).kept == (1, 3)
    assert choose_with([1, 3, 0, 3, 1], pinned=[0, 2]).kept == (0, 1, 2, 3)


def test_a_pinned_class_alone_is_vocabulary_enough():
    assert choose_with([1, 0, 0, 0, 0], pinned=[0]).kept == (0,)


def test_a_forbidden_class_is_never_kept_and_its_labels_go_up():
    chosen = choose_with([9, 9, 0, 9, 0], forbidden=[0])
    assert chosen.kept == (1, 3)
    assert [(m.class_index, m.into, m.is_forced) for m in chosen.merges] == [(0, (1,), False)]


def test_a_forbidden_class_below_nothing_is_dropped_and_says_why():
    chosen = choose_with([0, 0, 0, 9, 9], forbidden=[3])
    assert chosen.reasons[chosen.dropped.index(3)].startswith("It is forbidden, with 9 dev")


def test_a_forced_merge_makes_its_clips_count_where_they_go():
    chosen = choose_with([0, 3, 0, 2, 1], forced_merges={4: 3})
    assert chosen.kept == (1, 3)
    (merge,) = [m for m in chosen.merges if m.class_index == 4]
    assert (merge.into, merge.n_dev, merge.is_forced) == ((3,), 1, True)


def test_a_class_large_enough_is_merged_if_a_curator_says_so():
    assert choose_with([0, 3, 0, 9, 9], forced_merges={4: 3}).kept == (1, 3)


def test_a_forced_merge_climbs_from_its_target_if_that_is_not_kept():
    chosen = choose_with([0, 3, 0, 1, 0], forced_merges={3: 0})
    assert {m.class_index: m.into for m in chosen.merges} == {0: (1,), 3: (1,)}


def test_merges_in_a_row_end_at_the_last():
    chosen = choose_with([1, 0, 0, 1, 3], forced_merges={0: 3, 3: 4})
    assert chosen.kept == (4,)
    assert {m.class_index: m.into for m in chosen.merges if m.is_forced} == {0: (4,), 3: (4,)}


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"pinned": [0], "forbidden": [0]}, "Class Bark is both pinned and forbidden"),
        ({"pinned": [4], "forced_merges": {4: 3}}, "Bicycle bell is to merge into Bell and is pin"),
        ({"forbidden": [3], "forced_merges": {4: 3}}, "into Bell, which is forbidden"),
        ({"forced_merges": {3: 3}}, "Class Bell is to merge into itself"),
        ({"forced_merges": {3: 4, 4: 3}}, "Bell is to merge into Bicycle bell, whose labels go"),
        ({"forced_merges": {2: 0}}, "Animal is to merge into Bark, whose labels go back to Animal"),
        ({"pinned": [5]}, "not known; give 0 to 4"),
        ({"forced_merges": {0: -1}}, "not known"),
        ({"pinned": [4]}, "Class Bicycle bell is pinned, but no clip carries it"),
        ({"forced_merges": {0: 4}, "forbidden": [1]}, "neither Bicycle bell nor anything above it"),
    ],
)
def test_wishes_that_contradict_each_other_or_the_clips_are_refused_by_name(wish, said):
    dev = [2, 9, 0, 9, 0]
    with pytest.raises(RuleError, match=said):
        choose_with(dev, **wish)


def test_all_contradictions_are_told_at_once():
    with pytest.raises(RuleError) as refused:
        choose_with([1] * 5, pinned=[0, 1], forbidden=[0, 1])
    assert len(refused.value.problems) == 2


def test_the_parents_of_a_release_have_the_forced_merges_added():
    assert merged_parents([[1, 2], [], []], {0: 2, 1: 2}) == [(1, 2), (2,), ()]


@given(grids, parent_lists, st.data())
def test_wishes_are_granted_or_refused(dev, parents, data):
    classes = st.integers(0, N_CLASSES - 1)
    pinned, forbidden = (
        data.draw(st.sets(classes, max_size=2)),
        data.draw(st.sets(classes, max_size=2)),
    )
    merged = data.draw(st.dictionaries(classes, classes, max_size=2))
    try:
        chosen = choose_vocabulary(
            dev,
            dev[:0],
            parents,
            min_dev=2,
            min_eval=0,
            eligible=np.ones(N_CLASSES, bool),
            pinned=pinned,
            forbidden=forbidden,
            forced_merges=merged,
        )
    except RuleError:
        return
    assert pinned <= set(chosen.kept)
    assert not (forbidden | set(merged)) & set(chosen.kept)
    everyone = [*chosen.kept, *chosen.dropped, *(merge.class_index for merge in chosen.merges)]
    assert sorted(everyone) == list(range(N_CLASSES))
    for merge in chosen.merges:
        assert merge.is_forced == (merge.class_index in merged)
        assert set(merge.into) <= set(chosen.kept)
        if merge.is_forced and merged[merge.class_index] in chosen.kept:
            assert merge.into == (merged[merge.class_index],)
