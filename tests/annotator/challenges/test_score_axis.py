"""The axis holds every interval and its marks are round."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.challenges.score_axis import axis_of

SCORES = st.floats(0, 1)


@given(st.lists(st.tuples(SCORES, SCORES).map(lambda p: (min(p), max(p))), max_size=8))
def test_every_interval_lies_on_the_axis(bounds):
    axis = axis_of(bounds)
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 5
    assert len({tick.text for tick in ticks}) == len(ticks)
    for low, high in bounds:
        whisker = axis.whisker(low, (low + high) / 2, high)
        places = [float(whisker.low), float(whisker.score), float(whisker.high)]
        assert places == sorted(places)
        assert places[0] >= 3.99 and places[-1] <= 96.01


@pytest.mark.parametrize(
    ("bounds", "texts"),
    [
        ([(0.5312, 0.5487)], ["0.53", "0.54", "0.55"]),
        ([(0.0, 1.0)], ["0.0", "0.5", "1.0"]),
        ([(0.5, 0.5)], ["0.49", "0.50", "0.51"]),
    ],
)
def test_marks_are_round(bounds, texts):
    assert [tick.text for tick in axis_of(bounds).ticks()] == texts
