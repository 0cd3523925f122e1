import csv
import json
import math

import numpy as np
import pytest
import snowballstemmer
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import label_matrix
from datasets_app.domain.nominations.nomination import ClipText, KeywordMatcher
from datasets_app.domain.splits.contamination import measure_contamination
from datasets_app.domain.splits.train_val_split import split_train_val, split_train_val_random

collections = st.tuples(st.integers(0, 25), st.integers(1, 4)).flatmap(
    lambda shape: st.tuples(
        arrays(bool, shape), arrays(np.int64, shape[0], elements=st.integers(0, 5))
    )
)


@given(collections, st.data())
def test_contamination_is_what_looking_at_every_validation_label_finds(collection, data):
    labels, group = collection
    is_val = data.draw(arrays(bool, len(labels)))
    within, between = [], []
    for clip, label in zip(*(labels & is_val[:, None]).nonzero(), strict=True):
        heard = labels[~is_val & (group == group[clip])].any(axis=0)
        within.append(heard[label])
        between.append(np.delete(heard, label).any())
    found = measure_contamination(labels, group, is_val)
    assert found.n_val_labels == len(within)
    assert found.within_class == pytest.approx(np.mean(within) if within else 0.0)
    assert found.between_class == pytest.approx(np.mean(between) if between else 0.0)
    assert found.n_contaminated_groups == len(set(group[is_val]) & set(group[~is_val]))
    for label, share in enumerate(found.val_share_per_class):
        clips = labels[:, label]
        assert math.isnan(share) if not clips.any() else share == is_val[clips].mean()


def test_sides_of_another_length_are_refused():
    with pytest.raises(RuleError, match="one for each clip"):
        measure_contamination([[1], [1]], [0, 1], [True])


def stated_range(n_clips, val_share=0.15, tolerance=0.05):
    lowest = math.floor(round(n_clips * (val_share - tolerance), 9))
    highest = math.ceil(round(n_clips * (val_share + tolerance), 9))
    return max(lowest, int(n_clips * val_share >= 0.5)), max(min(highest, n_clips - 1), 0)


def assert_in_stated_range(labels, is_val):
    for clips in labels.T:
        lowest, highest = stated_range(clips.sum())
        assert min(lowest, highest) <= clips[is_val].sum() <= highest


@given(collections, st.integers(0, 3))
def test_any_collection_is_split_the_same_way_twice(collection, seed):
    labels, group = collection
    is_val = split_train_val(labels, group, seed=seed)
    assert is_val.shape == (len(labels),)
    assert (is_val == split_train_val(labels, group, seed=seed)).all()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.data())
def test_clips_of_one_class_each_always_keep_the_stated_range(classes, data):
    labels = np.eye(6, dtype=bool)[classes]
    group = data.draw(arrays(np.int64, len(classes), elements=st.integers(0, 8)))
    assert_in_stated_range(labels, split_train_val(labels, group, seed=0))


@given(st.lists(st.integers(1, 3), min_size=40, max_size=80))
def test_many_small_uploaders_are_never_divided(sizes):
    group = np.repeat(np.arange(len(sizes)), sizes)
    is_val = split_train_val(np.ones((len(group), 1), bool), group, seed=0)
    assert measure_contamination(np.ones((len(group), 1)), group, is_val).within_class == 0


def test_one_uploader_of_everything_is_divided_to_the_share():
    is_val = split_train_val(np.ones((100, 1), bool), np.zeros(100, int), seed=0)
    assert 10 <= is_val.sum() <= 20


def test_a_class_that_one_uploader_owns_divides_that_uploader_only():
    labels = np.zeros((140, 2), bool)
    labels[:100, 0] = labels[100:, 1] = True
    group = np.array([0] * 100 + list(range(1, 41)))
    found = measure_contamination(labels, group, split_train_val(labels, group, seed=0))
    assert found.n_contaminated_groups == 1
    assert all(0.1 <= share <= 0.2 for share in found.val_share_per_class)


def test_uploaders_give_all_their_clips_of_a_class_before_dividing_it():
    """Class 1 lives in big uploaders only; each has 3 clips of it among 60 of class 0."""
    group = np.repeat(np.arange(10), 63)
    labels = np.zeros((630, 2), bool)
    labels[:, 0] = np.tile([True] * 60 + [False] * 3, 10)
    labels[:, 1] = ~labels[:, 0]
    group = np.concatenate([group, np.arange(100, 130)])
    labels = np.concatenate([labels, np.tile([True, False], (30, 1))])
    found = measure_contamination(labels, group, split_train_val(labels, group, seed=0))
    assert found.within_class == 0
    assert_in_stated_range(labels, split_train_val(labels, group, seed=0))


def test_a_random_split_takes_just_the_share_and_is_blind_to_uploaders():
    labels, group = np.ones((40, 1), bool), np.arange(40) % 2
    is_val = split_train_val_random(labels, group, seed=0)
    assert is_val.sum() == 6
    assert (is_val == split_train_val_random(labels, group, seed=0)).all()
    assert (is_val != split_train_val_random(labels, group, seed=1)).any()
    assert (is_val == split_train_val_random(labels, np.zeros(40, int), seed=0)).all()


@pytest.mark.parametrize(
    "wrong", [{"val_share": 0.0}, {"val_share": 1.0}, {"share_tolerance": -0.1}]
)
def test_shares_outside_their_range_are_refused(wrong):
    with pytest.raises(RuleError, match=next(iter(wrong))):
        split_train_val([[1], [1]], [0, 1], seed=0, **wrong)


def iterative_stratification(labels, seed=0):
    splitter = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=0.15, random_state=seed)
    (_, val), *_ = splitter.split(np.zeros(len(labels)), labels.astype(int))
    return np.isin(np.arange(len(labels)), val)


def assert_less_contaminated_than_the_others(labels, group):
    ours = measure_contamination(labels, group, split_train_val(labels, group, seed=0))
    for other in (split_train_val_random(labels, group, seed=0), iterative_stratification(labels)):
        theirs = measure_contamination(labels, group, other)
        assert ours.within_class < theirs.within_class / 5
        assert ours.between_class < theirs.between_class / 2


def test_a_skewed_collection_is_less_contaminated_than_by_chance_or_stratification():
    rng = np.random.default_rng(7)
    weights = 1 / np.arange(1, 301)
    group = rng.choice(300, 2000, p=weights / weights.sum())
    favourite = rng.integers(0, 25, (300, 4))
    labels = np.eye(25, dtype=bool)[favourite[group, rng.integers(0, 4, 2000)]]
    labels |= np.eye(25, dtype=bool)[rng.integers(0, 25, 2000)] & (rng.random((2000, 1)) < 0.4)
    assert_less_contaminated_than_the_others(labels, group)
    assert_in_stated_range(labels, split_train_val(labels, group, seed=0))


def test_real_freesound_clips_are_less_contaminated_than_by_chance_or_stratification(shared_data):
    """Clotho's clips and uploaders; as labels, what FSD50K's rules nominate for >= 20 clips."""
    published = json.loads((shared_data / "fsd50k" / "keyword_rules.json").read_text())
    rules = {
        mid: ([(k,) if isinstance(k, str) else tuple(k) for k in c["keywords"]], c["omit_keywords"])
        for mid, c in published.items()
    }
    matcher = KeywordMatcher(rules, stem=snowballstemmer.stemmer("porter").stemWord)
    with (shared_data / "clotho" / "metadata.csv").open(encoding="latin-1") as file:
        clips = list(csv.DictReader(file))
    nominated = [matcher.match(ClipText(clip["keywords"].split(";"))) for clip in clips]
    column = {mid: index for index, mid in enumerate(rules)}
    rows = np.repeat(np.arange(len(clips)), [len(mids) for mids in nominated])
    grid = label_matrix(
        rows, [column[m] for mids in nominated for m in mids], (len(clips), len(rules))
    )
    labels = grid.toarray()[:, np.bincount(grid.indices, minlength=len(rules)) >= 20]
    _, group = np.unique([clip["manufacturer"] for clip in clips], return_inverse=True)
    assert_less_contaminated_than_the_others(labels, group)
    assert_in_stated_range(labels, split_train_val(labels, group, seed=0))
