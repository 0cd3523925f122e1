"""HTML is escaped unless it was made as HTML."""

import pytest

from ml_worker.reports.markup import Html, join, tag, void
from ml_worker.reports.words import decimals, in_words, interval, plural

HOSTILE = "<script>alert('x')</script>\"&"


def test_text_and_attributes_are_escaped():
    element = tag("a", HOSTILE, title=HOSTILE, data_sort="1")
    assert "<script" not in element
    assert element.count("&lt;script&gt;") == 2
    assert "&quot;&amp;" in element
    assert element.startswith('<a title="')


def test_only_html_made_here_is_taken_as_it_is():
    assert join(tag("b", "x"), "<i>") == "<b>x</b>&lt;i&gt;"
    assert tag("p", [tag("i", "a"), tag("i", "b")], None, 3) == "<p><i>a</i><i>b</i>3</p>"
    assert type(join("a")) is Html


def test_attributes_that_are_none_or_false_are_left_out():
    assert void("input", hidden=False, id=None, disabled=True) == "<input disabled>"


@pytest.mark.parametrize(
    ("value", "text"), [(0.12345, "0.123"), (-0.5, "−0.500"), (-0.00001, "0.000"), (None, "–")]
)
def test_decimals(value, text):
    assert decimals(value) == text


def test_words():
    assert interval({"low": None, "high": None}) == "no interval"
    assert [in_words(list(names)) for names in ("", "a", "ab", "abc")] == [
        "", "a", "a and b", "a, b and c",
    ]  # fmt: skip
    assert plural(2, "class") == "2 classes"
