import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.keyword_rules import ClassRules, parse_keyword_rules
from datasets_app.domain.nominations.nomination import ClipText, KeywordMatcher


def problems_of(data):
    with pytest.raises(RuleError) as refused:
        parse_keyword_rules(data)
    return refused.value.problems


def test_all_keys_of_a_class_are_read():
    rules = parse_keyword_rules(
        {
            "/m/1": {
                "name": " Dog ",
                "keywords": ["dog", ["hound", "bark"]],
                "omit_keywords": ["hot"],
                "positive_examples_freesound_id": [1, 2],
                "negative_examples_freesound_id": [3],
                "colour": "brown",
            },
            "/m/2": {"keywords": []},
        }
    )
    assert rules == {
        "/m/1": ClassRules("Dog", (("dog",), ("hound", "bark")), ("hot",), (1, 2), (3,)),
        "/m/2": ClassRules("/m/2", ()),
    }


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (["dog"], "its rules are no object"),
        ({}, "keywords is missing"),
        ({"keywords": "dog"}, "keywords is no list"),
        ({"keywords": [""]}, "keywords holds ''"),
        ({"keywords": [["dog", "--"]]}, "keywords holds '--'"),
        ({"keywords": [[]]}, "keywords holds an empty list"),
        ({"keywords": [3]}, "keywords holds 3, which is no text"),
        ({"keywords": [], "omit_keywords": [" "]}, "omit_keywords holds ' '"),
        ({"keywords": [], "omit_keywords": {"a": 1}}, "omit_keywords is no list"),
        ({"keywords": [], "positive_examples_freesound_id": ["x"]}, "holds what is no number"),
        ({"keywords": [], "negative_examples_freesound_id": [True]}, "holds what is no number"),
    ],
)
def test_what_is_wrong_is_said_with_the_name_of_the_class(entry, fault):
    if isinstance(entry, dict):
        entry = {"name": "Dog", **entry}
    (problem,) = problems_of({"/m/1": entry})
    assert fault in problem
    assert problem.startswith("Class Dog (/m/1): " if isinstance(entry, dict) else "Class /m/1")


@pytest.mark.parametrize("data", [None, [], {}, "rules", 3])
def test_what_is_no_object_of_rules_is_refused(data):
    assert "no object or empty" in problems_of(data)[0]


def test_all_problems_are_told_at_once_and_a_flood_is_counted():
    problems = problems_of({str(number): {"keywords": [""]} for number in range(25)})
    assert (len(problems), problems[-1]) == (21, "And 5 more problems.")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
keys = st.sampled_from(["name", "keywords", "omit_keywords", "positive_examples_freesound_id"])


@given(st.dictionaries(st.text(max_size=3), st.dictionaries(keys, json_values) | json_values))
def test_hostile_json_is_refused_with_sentences_or_makes_a_matcher(data):
    try:
        rules = parse_keyword_rules(data)
    except RuleError as refused:
        assert all(problem.endswith(".") for problem in refused.problems)
        return
    KeywordMatcher({mid: r.for_matcher for mid, r in rules.items()}, stem=str).match(
        ClipText(["a"])
    )


def test_the_rules_of_fsd50k_are_read_whole(shared_data):
    """Golden: 632 classes, 1,517 rules, 70 classes with vetoes (DESIGN §3)."""
    data = json.loads((shared_data / "fsd50k" / "keyword_rules.json").read_text())
    rules = parse_keyword_rules(data)
    assert len(rules) == 632
    assert sum(len(found.keywords) for found in rules.values()) == 1517
    assert sum(bool(found.omit_keywords) for found in rules.values()) == 70
    assert rules["/m/0dgw9r"].name == "Human sounds"
    assert rules["/m/0dgw9r"].positive_examples == (197566,)
