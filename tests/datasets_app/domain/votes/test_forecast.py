"""When the wanted answers will be there, and how long people were at work."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.forecast import Trend, active_seconds, forecast_finish

days = st.lists(st.integers(0, 5000), max_size=20)
share = st.floats(0, 1)


@given(days, st.integers(0, 500), share, st.integers(0, 10**6))
def test_the_estimate_lies_within_its_interval(whole, today, passed, wanted):
    found = forecast_finish(whole, today, passed, wanted)
    assert 0 <= found.pace_low <= found.pace <= found.pace_high
    assert 0 <= found.days_low <= found.days <= found.days_high


@given(days, st.integers(0, 500), share, st.integers(1, 10**6))
def test_twice_the_work_takes_twice_as_long(whole, today, passed, wanted):
    once, twice = (forecast_finish(whole, today, passed, n) for n in (wanted, 2 * wanted))
    assert twice.days == pytest.approx(2 * once.days)


def test_only_the_last_seven_whole_days_and_today_make_the_pace():
    found = forecast_finish([9999] * 3 + [10] * 7, 0, 0.0, 100)
    assert (found.pace, found.days, found.n_days) == (10.0, 10.0, 7)
    assert forecast_finish([10] * 7, 15, 0.5, 100).pace == pytest.approx(85 / 7.5)


def test_a_day_with_no_one_at_work_is_a_slow_day():
    uneven = forecast_finish([0, 20, 0, 20, 0, 20, 10], 0, 0.0, 100)
    even = forecast_finish([10] * 7, 0, 0.0, 100)
    assert uneven.pace == even.pace
    assert uneven.days_high > even.days_high


def test_nothing_wanted_is_done_and_no_pace_is_never_done():
    assert forecast_finish([5] * 7, 0, 0.0, 0).days == 0.0
    idle = forecast_finish([0] * 7, 0, 0.5, 5)
    assert math.isinf(idle.days)
    assert math.isinf(idle.days_high)


def test_the_first_day_alone_gives_a_wide_interval():
    found = forecast_finish([], 8, 0.5, 160)
    assert found.pace == 16.0
    assert found.days_low < 10.0 < found.days_high


@pytest.mark.parametrize(
    ("before", "after", "trend"),
    [(100, 200, Trend.RISING), (200, 100, Trend.FALLING), (100, 101, Trend.STEADY)],
)
def test_a_trend_is_said_where_the_weeks_differ_by_more_than_chance(before, after, trend):
    assert forecast_finish([before] * 7 + [after] * 7, 0, 0.0, 1).trend is trend


def test_without_a_week_before_there_is_no_trend():
    assert forecast_finish([5] * 13, 0, 0.0, 1).trend is Trend.UNKNOWN


def test_the_interval_of_the_pace_holds_about_as_often_as_it_says():
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(500):
        found = forecast_finish(rng.poisson(40, 7).tolist(), 0, 0.0, 1, level=0.8)
        held += found.pace_low <= 40 <= found.pace_high
    assert 0.75 <= held / 500 <= 0.92


@pytest.mark.parametrize("today", [(-1, 0.5), (1, 1.01), (1, -0.1)])
def test_impossible_numbers_are_refused(today):
    with pytest.raises(RuleError, match="give counts of 0 or more"):
        forecast_finish([1], *today, 1)
    with pytest.raises(RuleError, match="between 0 and 1"):
        forecast_finish([1], 1, 0.5, 1, level=1.0)


@given(st.lists(st.integers(0, 10_000), max_size=30))
def test_time_at_work_is_no_longer_than_from_first_to_last(times):
    seconds = active_seconds(times)
    assert 0 <= seconds <= (max(times) - min(times) if times else 0)
    assert seconds == active_seconds(sorted(times))
