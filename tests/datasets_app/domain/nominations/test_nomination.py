import csv
import json

import pytest
import snowballstemmer
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.nomination import (
    ClipText,
    DurationBounds,
    Evidence,
    KeywordMatcher,
    prune_ancestors,
)

porter = snowballstemmer.stemmer("porter").stemWord


def matcher(keywords, omit=(), **more):
    return KeywordMatcher({"c": (keywords, omit)}, stem=porter, **more)


def matches(keywords, tags=(), *, omit=(), **text):
    return "c" in matcher(keywords, omit).match(ClipText(list(tags), **text))


def test_alternatives_are_or_and_the_words_of_one_are_and():
    keywords = [("man", "speak"), ("speech",)]
    assert matches(keywords, ["speech"])
    assert matches(keywords, ["man", "speaking"])
    assert not matches(keywords, ["man"])
    assert not matches(keywords, ["speaking", "woman"])


def test_rules_match_by_porter_stem_in_any_case():
    assert matches([("barking",)], ["BARKS"])
    assert matches([("Church-bells",)], ["church-bell"])
    assert not matches([("organ",)], ["organize"]) or porter("organize") == porter("organ")


def test_vetoes_match_words_as_written_and_not_their_stems():
    assert not matches([("wind",)], ["wind", "Instruments"], omit=["instruments"])
    assert matches([("wind",)], ["wind", "instrument"], omit=["instruments"])


@pytest.mark.parametrize("tag", ["dog-bark", "Dog_Bark", "dog bark", "big-dog-bark"])
def test_a_compound_tag_matches_whole_and_by_its_parts(tag):
    assert matches([("dog-bark",)], [tag])
    assert matches([("dog",)], [tag])
    assert matches([("dog", "bark")], [tag])


def test_a_compound_keyword_does_not_match_scattered_words():
    assert not matches([("dog-bark",)], ["dog", "bark"])
    assert not matches([("dog-bark",)], ["dog-loud-bark"])


@pytest.mark.parametrize(
    "title", ["Dog_barking-03.wav", "my dog barks", "DOG BARK01.AIFF", "a dog barked.final.mp3"]
)
def test_titles_are_split_into_words_without_extension_and_number(title):
    assert matches([("dog-bark",)], title=title)


def test_a_file_extension_is_no_word_of_the_title():
    assert not matches([("wave",)], title="sea.wave")
    assert matches([("wave",)], title="wave.wav")


def test_descriptions_are_read_only_when_asked_for():
    text = ClipText([], description="Heavy rain on a roof")
    assert matcher([("rain",)]).match(text) == {}
    assert "c" in matcher([("rain",)], fields=("description",)).match(text)


def test_fields_left_out_are_not_read():
    assert matcher([("rain",)], fields=("title",)).match(ClipText(["rain"])) == {}


def test_evidence_says_which_words_matched_where_as_the_uploader_wrote_them():
    found = matcher([("speak",), ("man", "speak")]).match(
        ClipText(["Speaking"], title="Old Man.wav")
    )
    assert found == {"c": Evidence(("man", "speak"), ("Man", "Speaking"), ("title", "tags"))}


def test_classes_are_nominated_independently():
    rules = {"a": ([("rain",)], []), "b": ([("rain",)], ["indoor"]), "d": ([("wind",)], [])}
    found = KeywordMatcher(rules, stem=porter).match(ClipText(["rain", "indoor"]))
    assert set(found) == {"a"}


@pytest.mark.parametrize("keywords", [[("",)], [("--",)], [()]])
def test_a_rule_without_a_word_is_refused(keywords):
    with pytest.raises(RuleError, match="Class c"):
        matcher(keywords)


def test_an_unknown_field_is_refused():
    with pytest.raises(RuleError, match="tags, title, description"):
        matcher([("a",)], fields=("tag",))


words = st.sampled_from(["dog", "cat", "bark", "rain", "wind", "man"])
items = st.lists(words, min_size=1, max_size=3, unique=True).map(tuple)
rule_sets = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(st.lists(items, max_size=4), st.lists(words, max_size=2))
)


@given(rule_sets, st.lists(words, max_size=5))
def test_the_index_finds_what_reading_every_rule_finds(rules, tags):
    expected = {
        mid
        for mid, (keywords, omitted) in rules.items()
        if any(set(item) <= set(tags) for item in keywords) and not set(omitted) & set(tags)
    }
    assert set(KeywordMatcher(rules, stem=str).match(ClipText(tags))) == expected


@given(st.text(max_size=30), st.lists(st.text(max_size=10), max_size=3))
def test_any_text_can_be_matched(title, tags):
    matcher([("a", "b"), ("c-d",)], ["e"], fields=("tags", "title", "description")).match(
        ClipText(tags, title, title)
    )


mids = st.sampled_from("abcd")


@given(st.sets(mids), st.sets(mids), st.dictionaries(mids, st.sets(mids)))
def test_pruning_drops_just_the_unvoted_ancestors_of_other_nominations(nominated, voted, above):
    above = {mid: ancestors - {mid} for mid, ancestors in above.items()}
    kept = prune_ancestors(nominated, voted, above)
    assert nominated & voted <= kept <= nominated
    for mid in nominated - voted:
        assert (mid in kept) == (not any(mid in above.get(other, ()) for other in nominated))


def test_durations_at_both_bounds_are_admitted():
    bounds = DurationBounds(0.3, 90.0)
    assert [bounds.admits(d) for d in (0.29, 0.3, 90.0, 90.1)] == [False, True, True, False]


@pytest.mark.parametrize("bounds", [(2.0, 1.0), (-1.0, 5.0), (float("nan"), 1.0)])
def test_bounds_that_admit_nothing_are_refused(bounds):
    with pytest.raises(RuleError, match="the shortest first"):
        DurationBounds(*bounds)


def test_fsd50k_rules_nominate_for_most_real_freesound_clips(shared_data):
    """The 632 classes of FSD50K on Clotho's Freesound tags: an independent slow reading agrees."""
    published = json.loads((shared_data / "fsd50k" / "keyword_rules.json").read_text())
    rules = {
        mid: ([(k,) if isinstance(k, str) else tuple(k) for k in c["keywords"]], c["omit_keywords"])
        for mid, c in published.items()
    }
    with (shared_data / "clotho" / "metadata.csv").open(encoding="latin-1") as file:
        clips = [ClipText(row["keywords"].split(";")) for row in csv.DictReader(file)][:200]
    matcher = KeywordMatcher(rules, stem=porter, fields=("tags",))
    assert sum(bool(matcher.match(clip)) for clip in clips) > 150
    simple = {
        mid: [
            [porter(word.lower()) for word in item]
            for item in keywords
            if all(w.isalpha() for w in item)
        ]
        for mid, (keywords, _) in rules.items()
    }
    for clip in clips:
        stems = {porter(tag.lower()) for tag in clip.tags if tag.isalpha()}
        vetoed = {
            m
            for m, (_, omitted) in rules.items()
            if set(omitted) & {p for t in clip.tags for p in [t.lower(), *t.lower().split("-")]}
        }
        by_whole_tags = {
            mid for mid, items in simple.items() if any(set(i) <= stems for i in items)
        }
        assert by_whole_tags - vetoed <= set(matcher.match(clip))
