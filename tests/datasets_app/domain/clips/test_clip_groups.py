import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from datasets_app.domain.clips.clip_groups import NO_DUPLICATES, merge_groups
from datasets_app.domain.errors import RuleError
from datasets_app.domain.splits.split_proof import split_proof

clips = st.integers(0, 20).flatmap(
    lambda n: st.tuples(
        arrays(np.int64, n, elements=st.integers(-3, 5)),
        arrays(np.int64, n, elements=st.integers(NO_DUPLICATES, 3)),
    )
)


def merged_by_hand(uploader, duplicate):
    """Join groups until nothing changes."""
    group = uploader.copy()
    while True:
        before = group.copy()
        for key in (uploader, duplicate):
            for code in set(key.tolist()) - ({NO_DUPLICATES} if key is duplicate else set()):
                group[key == code] = group[key == code].min()
        if (group == before).all():
            return group


@given(clips)
def test_groups_are_what_joining_two_at_a_time_leads_to(case):
    uploader, duplicate = case
    assert merge_groups(uploader, duplicate).tolist() == merged_by_hand(*case).tolist()


def test_without_duplicates_uploaders_are_the_groups():
    assert merge_groups([3, 9, 3], [-1, -1, -1]).tolist() == [3, 9, 3]


def test_a_chain_of_duplicates_joins_uploaders_that_share_none():
    assert merge_groups([1, 2, 2, 3], [0, 0, 1, 1]).tolist() == [1, 1, 1, 1]


def test_clips_without_uploader_or_duplicate_group_are_refused():
    with pytest.raises(RuleError, match="one of each"):
        merge_groups([1, 2], [-1])
    with pytest.raises(RuleError, match="one of each"):
        split_proof([1, 2], [-1, -1], [0])
    with pytest.raises(RuleError, match="one for each clip"):
        split_proof([1], [-1, -1], [0, 1])
    with pytest.raises(RuleError, match="give 0 to 1"):
        split_proof([1], [-1], [2])


@given(clips, st.data())
def test_the_proof_tells_the_sides_of_every_group_and_holds_when_none_is_divided(case, data):
    uploader, duplicate = case
    side = data.draw(arrays(np.int64, len(uploader), elements=st.integers(0, 2)))
    proof = split_proof(uploader, duplicate, side, n_sides=3)
    divided = []
    for found, key in ((proof.uploaders, uploader), (proof.duplicates, duplicate)):
        codes = sorted(set(key.tolist()) - ({NO_DUPLICATES} if key is duplicate else set()))
        assert found.groups.tolist() == codes
        for code, n_clips in zip(codes, found.n_clips, strict=True):
            assert n_clips.tolist() == np.bincount(side[key == code], minlength=3).tolist()
        by_hand = [code for code in codes if len(set(side[key == code].tolist())) > 1]
        assert found.divided.tolist() == by_hand
        divided += by_hand
    assert proof.holds == (not divided)
