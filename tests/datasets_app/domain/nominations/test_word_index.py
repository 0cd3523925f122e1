"""Rules held against all clips at once find what the matcher finds clip by clip."""

import numpy as np
import pytest
import snowballstemmer
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.nomination import KeywordMatcher
from datasets_app.domain.nominations.word_index import WordIndex
from datasets_app.domain.nominations.words import ClipText

STEM = snowballstemmer.stemmer("porter").stemWord
WORDS = ["dog", "dogs", "bark", "barking", "bark2", "bark12", "rain", "808", "mp3", "mp", "Été"]
MID = "/m/1"

word = st.sampled_from(WORDS)
compound = st.lists(word, min_size=1, max_size=3).flatmap(
    lambda words: st.sampled_from([" ", "-", "_", ", "]).map(lambda gap: gap.join(words))
)
alternative = st.lists(compound, min_size=1, max_size=3)
rules = st.tuples(st.lists(alternative, min_size=1, max_size=4), st.lists(compound, max_size=3))
text = st.builds(
    ClipText,
    st.lists(compound, max_size=4),
    title=st.one_of(st.just(""), compound.map(lambda words: words + ".wav")),
    description=st.one_of(st.just(""), compound),
)
fields = st.sets(st.sampled_from(["tags", "title", "description"]), min_size=1)


def index_of(texts, fields=("tags", "title")) -> WordIndex:
    index = WordIndex(stem=STEM, fields=fields)
    index.add(range(len(texts)), texts)
    return index


@given(texts=st.lists(text, max_size=8), rules=rules, other=rules, fields=fields)
def test_it_finds_what_the_matcher_finds(texts, rules, other, fields):
    matcher = KeywordMatcher({MID: rules, "/m/2": other}, stem=STEM, fields=fields)
    found = index_of(texts, fields).match(rules, others=[other])
    expected = {i: matcher.match_alternatives(text).get(MID) for i, text in enumerate(texts)}
    expected = {i: positions for i, positions in expected.items() if positions}
    assert found.clip_ids.tolist() == list(expected)
    best = {i: tuple(rules[0][j]) for i, j in zip(found.clip_ids.tolist(), found.best, strict=True)}
    assert best == {i: matcher.match(texts[i])[MID].rule for i in expected}
    for position in range(len(rules[0])):
        n = sum(position in positions for positions in expected.values())
        assert found.n_by_alternative[position] == n


@given(texts=st.lists(text, min_size=2, max_size=6), rules=rules)
def test_clips_added_later_are_found_as_if_they_had_been_there(texts, rules):
    whole, grown = index_of(texts), index_of(texts[:1])
    grown.match(rules)
    grown.add(range(1, len(texts)), texts[1:])
    assert grown.match(rules).clip_ids.tolist() == whole.match(rules).clip_ids.tolist()


def test_vetoes_are_counted_and_compared_as_written():
    index = index_of([ClipText(["dogs"]), ClipText(["dog", "seal"]), ClipText(["dog", "seals"])])
    found = index.match(([["dog"]], ["seal"]))
    assert (found.clip_ids.tolist(), found.n_vetoed) == ([0, 2], 1)


def test_a_compound_does_not_reach_from_one_tag_into_the_next():
    index = index_of([ClipText(["dog", "bark"]), ClipText(["dog bark"])])
    assert index.match(([["dog-bark"]], [])).clip_ids.tolist() == [1]


def test_no_rules_match_nothing():
    found = index_of([ClipText(["dog"])]).match(([], ["seal"]))
    assert found.clip_ids.size == 0
    assert found.n_by_alternative.shape == (0,)


def test_an_empty_index_matches_nothing():
    assert index_of([]).match(([["dog", "bark-loud"]], [])).clip_ids.dtype == np.int64


def test_a_word_without_letters_is_refused():
    with pytest.raises(RuleError, match="no letter or digit"):
        index_of([ClipText(["dog"])]).match(([["…"]], []))
