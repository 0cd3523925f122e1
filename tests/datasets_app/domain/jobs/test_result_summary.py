"""A worker's words go into the records only as a database can hold them."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.jobs.result_summary import (
    MOST_CHARACTERS,
    MOST_ERROR_CHARACTERS,
    checked_sentence,
    checked_summary,
)

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


def has_only_finite(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(has_only_finite, value.values()))
    if isinstance(value, list):
        return all(map(has_only_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_finite_summaries_pass_unchanged_and_others_are_refused(summary):
    if has_only_finite(summary):
        assert checked_summary(summary) == json.loads(json.dumps(summary))
    else:
        with pytest.raises(RuleError, match="finite"):
            checked_summary(summary)


@pytest.mark.parametrize("summary", [None, [1], "x", 3])
def test_a_summary_is_an_object(summary):
    with pytest.raises(RuleError, match="must be an object"):
        checked_summary(summary)


@pytest.mark.parametrize("summary", [{"a": "\x00"}, {"\x00": 1}, {"a": ["b", {"c": "x\x00"}]}])
def test_null_characters_are_refused_at_any_depth(summary):
    with pytest.raises(RuleError, match="null character"):
        checked_summary(summary)


def test_the_longest_summary_allowed_is_allowed():
    around = len(json.dumps({"a": ""}))
    assert checked_summary({"a": "x" * (MOST_CHARACTERS - around)})
    with pytest.raises(RuleError, match="at most"):
        checked_summary({"a": "x" * (MOST_CHARACTERS - around + 1)})


@given(st.none() | st.integers() | st.text())
def test_an_error_is_a_bounded_sentence_that_says_something(error):
    said = checked_sentence(error)
    assert 0 < len(said.strip()) <= MOST_ERROR_CHARACTERS
    assert "\x00" not in said


def test_an_error_as_long_as_allowed_is_kept_whole():
    assert checked_sentence("x" * MOST_ERROR_CHARACTERS) == "x" * MOST_ERROR_CHARACTERS
    assert checked_sentence("x" * (MOST_ERROR_CHARACTERS + 1)).endswith("…")
