"""Deadlines, days, choices and names, at the edge."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.challenges.entry_rules import (
    Sent,
    best_in_public,
    counting,
    day_of,
    final_of,
    is_open,
    submissions_left,
)
from datasets_app.domain.challenges.team_name import team_name
from datasets_app.domain.errors import RuleError

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(("now", "wanted"), [(NOON - MOMENT, True), (NOON, False)])
def test_the_deadline_itself_is_too_late(now, wanted):
    assert is_open(now, closes_at=NOON, ended_early_at=None) is wanted
    assert is_open(now, closes_at=NOON + timedelta(days=1), ended_early_at=NOON) is wanted


def test_a_day_is_the_one_in_utc_wherever_one_lives():
    in_tokyo = datetime(2030, 1, 2, 8, 59, tzinfo=timezone(timedelta(hours=9)))
    start, end = day_of(in_tokyo)
    assert (start.day, end.day) == (1, 2)
    assert day_of(in_tokyo + timedelta(minutes=1))[0].day == 2


@pytest.mark.parametrize(("n", "left"), [(0, 2), (1, 1), (2, 0), (5, 0)])
def test_the_last_submission_of_a_day_is_the_limit_itself(n, left):
    assert submissions_left(n, daily_limit=2) == left


SENT = st.builds(
    Sent, st.integers(1, 99), st.sampled_from([0.1, 0.2]), st.floats(0, 1), st.booleans()
)


@given(st.lists(SENT, max_size=6, unique_by=lambda one: one.number))
def test_what_counts_is_what_was_chosen_or_the_two_best_in_public(sent):
    counts = counting(sent)
    chosen = [one for one in sent if one.is_chosen]
    assert counts == chosen if chosen else len(counts) == min(2, len(sent))
    if not chosen and sent:
        assert counts[0] == best_in_public(sent)
        assert min(one.public_score for one in counts) >= max(
            (one.public_score for one in sent if one not in counts), default=0
        )
    final = final_of(sent)
    assert (
        final is None
        if not sent
        else final.private_score == max(one.private_score for one in counts)
    )


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 61, "a\x00b", "a\u202eb", "a\u200bb", "…!", "\ud800a"]
)
def test_a_name_nobody_could_read_is_refused(text):
    with pytest.raises(RuleError, match="character"):
        team_name(text)


def test_sixty_letters_are_allowed_and_markup_is_only_text():
    assert team_name("x" * 60)[0] == "x" * 60
    assert team_name("<b>=1+1</b>")[0] == "<b>=1+1</b>"


def test_names_that_look_alike_share_a_key():
    assert team_name("ＨＥＡＲ  it")[1] == team_name("hear It")[1]
