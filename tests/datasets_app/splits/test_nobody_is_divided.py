"""Whatever the collection, no uploader and no group of near-duplicates is on both sides, ever."""

import hypothesis
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from datasets_app.splits.models import Split
from datasets_app.splits.proof import prove_split
from datasets_app.splits.services import SplitSettings, assign_splits, continue_latest_split
from datasets_app.splits.strategies import TrainValStrategy

pytestmark = pytest.mark.django_db

MIDS = ["/m/bark", "/m/cat", "/m/rain", "/m/dog"]
NOBODY_MEETS = "No class has 1 dev and 1 eval clips"

clips = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sets(st.sampled_from(MIDS), min_size=1).map(sorted),
        st.none() | st.integers(0, 3),
    ),
    min_size=1,
    max_size=30,
)
"""Uploader, classes and duplicate group of each clip."""
ONE_UPLOADER = [(0, ["/m/cat"], None)] * 12
ONE_CLASS = [(number % 7, ["/m/cat"], None) for number in range(20)]
NINETY_PERCENT = [(0, ["/m/cat", "/m/rain"], None)] * 27 + [
    (u, ["/m/cat"], None) for u in (1, 2, 3)
]
ALL_TWINS = [(number % 5, ["/m/cat"], number % 5 // 2) for number in range(20)]
A_CHAIN = [(u, ["/m/rain"], g) for u in range(4) for g in (u, u + 1)]
A_CHAIN += [(u, ["/m/rain"], None) for u in (4, 5, 6)]


def rows(drawn, start: int = 0):
    for number, (uploader, mids, _) in enumerate(drawn, start):
        yield f"clip-{number:03}", f"uploader-{uploader}", mids


@hypothesis.settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@given(clips, clips, st.sampled_from(list(TrainValStrategy)), st.integers(0, 3))
@example(ONE_UPLOADER, ONE_UPLOADER, TrainValStrategy.CONTAMINATION, 0)
@example(ONE_CLASS, ONE_UPLOADER, TrainValStrategy.ITERATIVE, 0)
@example(NINETY_PERCENT, ONE_CLASS, TrainValStrategy.CONTAMINATION, 0)
@example(ALL_TWINS, NINETY_PERCENT, TrainValStrategy.RANDOM, 0)
@example(A_CHAIN, [(9, ["/m/dog"], 2)], TrainValStrategy.ITERATIVE, 1)
def test_not_by_a_new_split_and_not_by_its_continuation(
    collection, add_labelled_clips, clear, mark_twins, drawn, more, strategy, seed
):
    clear(collection)
    settings = SplitSettings(seed=seed, min_dev=1, min_eval=1, strategy=strategy)
    add_labelled_clips(collection, rows(drawn))
    mark_twins(collection, [group for _, _, group in drawn])
    try:
        split = assign_splits(collection=collection, settings=settings)
    except ValueError as refusal:
        assert NOBODY_MEETS in str(refusal)
        assert not Split.objects.exists()
        return
    assert prove_split(split=split).divided == []
    add_labelled_clips(collection, rows(more, start=len(drawn)))
    mark_twins(collection, [group for _, _, group in [*drawn, *more]])
    try:
        split = continue_latest_split(collection=collection, settings=settings)
    except ValueError as refusal:
        assert NOBODY_MEETS in str(refusal) or "share near-duplicates" in str(refusal)
        assert Split.objects.count() == 1
    else:
        assert prove_split(split=split).divided == []
