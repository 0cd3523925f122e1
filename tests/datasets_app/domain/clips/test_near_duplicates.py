"""Copies are found however they were changed; unlike clips stay apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.domain.clips.clip_groups import NO_DUPLICATES
from datasets_app.domain.clips.near_duplicates import duplicate_groups, name_groups
from datasets_app.domain.errors import RuleError


def sound(seed: int, n_frames: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 2**32, n_frames, dtype=np.uint32)


def with_errors(codes: np.ndarray, rate: float, seed: int = 0) -> np.ndarray:
    """Flip that share of bits, in two frames out of three."""
    rng = np.random.default_rng(seed)
    flips = (rng.random((len(codes), 32)) < rate * 1.5) & (rng.random((len(codes), 1)) < 2 / 3)
    return codes ^ np.packbits(flips, axis=1).view(">u4").ravel().astype(np.uint32)


@settings(max_examples=60, deadline=None)
@given(
    originals=st.lists(st.integers(40, 120), min_size=1, max_size=6),
    copies=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 15), st.integers(0, 10), st.floats(0, 0.15)),
        max_size=8,
    ),
    order=st.randoms(use_true_random=False),
)
def test_copies_are_grouped_with_their_original_and_nothing_else_is(originals, copies, order):
    clips = [(source, sound(source, n)) for source, n in enumerate(originals)]
    for source, begin, end, rate in copies:
        codes = sound(source % len(originals), originals[source % len(originals)])
        cut = codes[begin : len(codes) - end]
        clips.append((source % len(originals), with_errors(cut, rate, seed=begin)))
    order.shuffle(clips)
    sources = [source for source, _ in clips]
    expected = [
        sources.index(source) if sources.count(source) > 1 else NO_DUPLICATES for source in sources
    ]
    assert duplicate_groups([codes for _, codes in clips]).tolist() == expected


class TestDegenerateInput:
    def test_no_clips_and_clips_without_a_fingerprint(self):
        empty = np.empty(0, dtype=np.uint32)
        assert duplicate_groups([]).tolist() == []
        assert duplicate_groups([empty, empty]).tolist() == [-1, -1]
        assert duplicate_groups([sound(0, 50)]).tolist() == [-1]
        assert duplicate_groups([empty, sound(0, 50), empty, sound(0, 50)]).tolist() == [
            *(-1, 1, -1, 1)
        ]

    def test_all_identical_are_one_group(self):
        assert set(duplicate_groups([sound(0, 50)] * 300).tolist()) == {0}

    def test_silence_and_hum_match_nothing(self):
        silence = np.zeros(200, dtype=np.uint32)
        hum = np.full(200, 0x5555_5555, dtype=np.uint32)
        mains = np.tile(np.array([3, 5, 9], dtype=np.uint32), 60)
        groups = duplicate_groups([silence, silence, hum, hum, mains, mains])
        assert groups.tolist() == [-1] * 6

    def test_a_hum_in_every_clip_joins_none(self):
        hum = np.full(300, 0x5555_5555, dtype=np.uint32)
        clips = [np.concatenate([hum, sound(i, 100), hum]) for i in range(1500)]
        assert set(duplicate_groups(clips).tolist()) == {NO_DUPLICATES}

    def test_one_sound_among_many_that_share_some_codes_is_found(self):
        pool = sound(0, 20_000)
        rng = np.random.default_rng(1)
        clips = [rng.choice(pool, 80) for _ in range(200)]
        found = duplicate_groups([*clips, clips[7][5:], clips[7]])
        assert found[7] == found[200] == found[201] == 7
        assert (found != NO_DUPLICATES).sum() == 3

    @pytest.mark.parametrize(
        ("fingerprints", "options", "sentence"),
        [
            ([], {"max_bit_error_rate": 0.5}, "max_bit_error_rate is 0.5; give 0 to 0.5"),
            ([], {"max_bit_error_rate": 0.0}, "max_bit_error_rate is 0; give 0 to 0.5"),
            ([], {"min_overlap_frames": 0}, "min_overlap_frames is 0; give 1 or more"),
            ([np.zeros(3)], {}, "Fingerprint 0 is float64 of 1 dimensions; give uint32"),
        ],
    )
    def test_what_is_out_of_range_is_refused(self, fingerprints, options, sentence):
        with pytest.raises(RuleError, match=sentence):
            duplicate_groups(fingerprints, **options)


class TestTheBounds:
    def test_the_fewest_frames_are_inclusive(self):
        codes = sound(0, 12)
        assert duplicate_groups([codes, codes]).tolist() == [0, 0]
        assert duplicate_groups([codes[1:], codes[1:]]).tolist() == [-1, -1]
        assert duplicate_groups([codes, codes], min_overlap_frames=13).tolist() == [-1, -1]

    def test_the_bit_error_rate_is_inclusive(self):
        codes = sound(0, 64)
        changed = codes.copy()
        changed[32:48] ^= np.uint32(0xFFFF)  # 16 of 32 bits in a quarter of the frames: 0.125
        assert duplicate_groups([codes, changed], max_bit_error_rate=0.125).tolist() == [0, 0]
        assert duplicate_groups([codes, changed], max_bit_error_rate=0.1249).tolist() == [-1, -1]

    def test_a_chain_is_one_group(self):
        codes = sound(0, 90)
        assert duplicate_groups([codes[:40], codes[60:], codes]).tolist() == [0, 0, 0]


class TestTheNames:
    @given(st.lists(st.tuples(st.integers(-1, 3), st.sampled_from([None, "x", "y", "z"]))))
    def test_known_groups_only_grow_or_merge(self, clips):
        groups, known = [group for group, _ in clips], [name for _, name in clips]
        ids = [f"clip {i}" for i in range(len(clips))]
        named = name_groups(groups, ids, known)
        for key in (groups, known):
            for value in set(key) - {None, -1}:
                members = [named[i] for i, k in enumerate(key) if k == value]
                assert len(set(members)) == 1
                assert len(members) == 1 or members[0] is not None
        kept = name_groups([-1] * len(ids), ids, named)
        assert [n for n in kept if named.count(n) > 1] == [n for n in named if named.count(n) > 1]

    def test_a_new_clip_with_a_lower_id_changes_no_name(self):
        assert name_groups([0, 0, 0], ["a", "b", "c"], [None, "b", "b"]) == ["b", "b", "b"]
