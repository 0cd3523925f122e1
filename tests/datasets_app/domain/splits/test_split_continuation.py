import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets_app.domain.clips.clip_groups import NO_DUPLICATES, merge_groups
from datasets_app.domain.errors import RuleError
from datasets_app.domain.splits.contamination import measure_contamination
from datasets_app.domain.splits.fixed_sides import NEW
from datasets_app.domain.splits.split_proof import split_proof
from datasets_app.domain.splits.train_val_split import continue_train_val, split_train_val
from datasets_app.domain.splits.uploader_split import continue_split, split_dev_eval


@st.composite
def collections(draw):
    """Labels, uploaders and duplicate groups; often one uploader, one class, or one of 90 %."""
    n_clips, n_classes = draw(st.integers(1, 30)), draw(st.integers(1, 4))
    labels = draw(arrays(bool, (n_clips, n_classes)))
    uploader = draw(arrays(np.int64, n_clips, elements=st.integers(0, 8)))
    shape = draw(st.sampled_from(["mixed", "one uploader", "one of 90 %", "one class"]))
    if shape == "one uploader":
        uploader[:] = 3
    if shape == "one of 90 %":
        uploader[: round(0.9 * n_clips)] = 0
    if shape == "one class":
        labels = np.ones((n_clips, 1), bool)
    duplicate = draw(
        arrays(np.int64, n_clips, elements=st.sampled_from([NO_DUPLICATES] * 6 + [0, 1]))
    )
    return labels, uploader, duplicate


@given(collections(), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_no_uploader_and_no_duplicate_group_is_ever_on_both_sides(collection, seed):
    labels, uploader, duplicate = collection
    is_eval = split_dev_eval(labels, merge_groups(uploader, duplicate), seed=seed)
    assert split_proof(uploader, duplicate, is_eval).holds


@given(collections(), st.data())
@settings(max_examples=150, deadline=None)
def test_new_clips_join_without_moving_old_ones_or_dividing_a_group(collection, data):
    labels, uploader, duplicate = collection
    group = merge_groups(uploader, duplicate)
    n_old = data.draw(st.integers(0, len(labels)))
    before = split_dev_eval(labels[:n_old], group[:n_old], seed=0)
    fixed = np.full(len(labels), NEW)
    fixed[:n_old] = before
    after = continue_split(labels, group, fixed, seed=1)
    assert (after[:n_old] == before).all()
    assert split_proof(uploader, duplicate, after).holds
    assert (after == continue_split(labels, group, fixed, seed=1)).all()


@given(collections(), st.data())
@settings(max_examples=100, deadline=None)
def test_validation_clips_join_without_moving_old_ones(collection, data):
    labels, group, _ = collection
    fixed = data.draw(arrays(np.int64, len(labels), elements=st.integers(NEW, 1)))
    after = continue_train_val(labels, group, fixed, seed=0)
    assert (after[fixed != NEW] == fixed[fixed != NEW]).all()
    for code in set(group.tolist()):
        old, joined = (
            fixed[(group == code) & (fixed != NEW)],
            after[(group == code) & (fixed == NEW)],
        )
        if old.size:
            assert (joined == (old.sum() > old.size / 2)).all()


@given(collections(), st.integers(0, 2))
@settings(max_examples=50, deadline=None)
def test_continuing_from_nothing_is_splitting_and_from_everything_changes_nothing(collection, seed):
    labels, group, _ = collection
    nothing = np.full(len(labels), NEW)
    first = split_dev_eval(labels, group, seed=seed)
    assert (continue_split(labels, group, nothing, seed=seed) == first).all()
    assert (continue_split(labels, group, first, seed=seed + 1) == first).all()
    first = split_train_val(labels, group, seed=seed)
    assert (continue_train_val(labels, group, nothing, seed=seed) == first).all()
    assert (continue_train_val(labels, group, first, seed=seed + 1) == first).all()


def grown_collection():
    rng = np.random.default_rng(2)
    weights = 1 / np.arange(1, 201)
    uploader = rng.choice(200, 2000, p=weights / weights.sum())
    labels = np.eye(12, dtype=bool)[rng.integers(0, 12, 2000)]
    fixed = np.full(2000, NEW)
    old = uploader % 2 == 0
    return labels, uploader, fixed, old


def test_the_shares_of_a_grown_collection_are_about_those_wanted():
    labels, uploader, fixed, old = grown_collection()
    fixed[old] = split_dev_eval(labels[old], uploader[old], seed=0)
    is_eval = continue_split(labels, uploader, fixed, eval_share=0.2, seed=0)
    shares = labels[is_eval].sum(axis=0) / labels.sum(axis=0)
    assert shares.min() > 0.12
    assert shares.max() < 0.28


def test_new_groups_make_up_for_a_side_that_got_too_much():
    labels, uploader, fixed, old = grown_collection()
    fixed[old] = 1
    is_eval = continue_split(labels, uploader, fixed, eval_share=0.2, seed=0)
    assert not is_eval[~old].any()
    fixed[old] = 0
    is_eval = continue_split(labels, uploader, fixed, eval_share=0.2, seed=0)
    assert is_eval.mean() == pytest.approx(0.2, abs=0.03)


def test_grown_validation_shares_are_in_range_and_nothing_new_is_contaminated():
    labels, uploader, fixed, old = grown_collection()
    fixed[old] = split_train_val(labels[old], uploader[old], seed=0)
    before = measure_contamination(labels[old], uploader[old], fixed[old] == 1)
    found = measure_contamination(
        labels, uploader, continue_train_val(labels, uploader, fixed, seed=0)
    )
    assert found.val_share_per_class.min() >= 0.1
    assert found.val_share_per_class.max() <= 0.2
    assert found.n_contaminated_groups <= before.n_contaminated_groups


def test_near_duplicates_across_the_sides_are_refused_by_name():
    with pytest.raises(RuleError, match="Groups 7 have clips fixed on both sides"):
        continue_split([[1]] * 3, [7, 7, 9], [0, 1, NEW], seed=0)
    many = np.repeat(np.arange(8), 2)
    with pytest.raises(RuleError, match="Groups 0, 1, 2, 3, 4 and 3 more"):
        continue_split(np.ones((16, 1)), many, np.tile([0, 1], 8), seed=0)


@pytest.mark.parametrize("continued", [continue_split, continue_train_val])
def test_sides_that_are_none_are_refused(continued):
    with pytest.raises(RuleError, match="one for each clip"):
        continued([[1]] * 2, [0, 1], [0], seed=0)
    with pytest.raises(RuleError, match="give 0, 1, or -1"):
        continued([[1]] * 2, [0, 1], [0, 2], seed=0)


def test_real_uploaders_with_duplicates_are_divided_nowhere_and_can_be_continued(shared_data):
    """FSD50K's development clips with a known uploader, two thirds old; labels of dev.csv."""
    with (shared_data / "fsd50k" / "uploaders_dev.csv").open() as file:
        names = {row["freesound_id"]: row["uploader"] for row in csv.DictReader(file)}
    with (shared_data / "fsd50k" / "dev.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["fname"] in names]
    _, uploader = np.unique([names[row["fname"]] for row in rows], return_inverse=True)
    mids = {
        mid: number
        for number, mid in enumerate(sorted({m for r in rows for m in r["mids"].split(",")}))
    }
    labels = np.zeros((len(rows), len(mids)), bool)
    for clip, row in enumerate(rows):
        labels[clip, [mids[mid] for mid in row["mids"].split(",")]] = True
    duplicate = np.where(np.arange(len(rows)) % 50 < 2, np.arange(len(rows)) // 50, NO_DUPLICATES)
    group = merge_groups(uploader, duplicate)
    old = group % 3 > 0
    fixed = np.full(len(rows), NEW)
    fixed[old] = split_dev_eval(labels[old], group[old], seed=0)
    is_eval = continue_split(labels, group, fixed, seed=0)
    proof = split_proof(uploader, duplicate, is_eval)
    assert (len(proof.uploaders.groups), proof.holds) == (len(set(uploader.tolist())), True)
    assert is_eval.mean() == pytest.approx(0.2, abs=0.03)
