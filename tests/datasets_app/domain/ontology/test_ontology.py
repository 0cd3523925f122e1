import csv
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.ontology.ontology_graph import (
    ClassSpec,
    Edge,
    closure_rows,
    list_edges,
    parse_ontology,
)


def entry(mid, **more):
    return {"id": mid, "name": mid.upper(), **more}


def problems_of(data):
    with pytest.raises(RuleError) as refused:
        parse_ontology(data)
    return refused.value.problems


def test_all_keys_of_an_entry_are_read():
    (dog, _) = parse_ontology(
        [
            {
                "id": "/m/dog",
                "name": "Dog",
                "description": "Barks.",
                "citation_uri": "http://example.org",
                "child_ids": ["/m/bark"],
                "restrictions": ["abstract", "blacklist"],
                "keywords": ["dog", ["hound", "barks"]],
                "omit_keywords": ["hot"],
                "propagate_to_parents": False,
                "faq": "Is it a dog?",
                "positive_examples": [123, "youtu.be/x"],
            },
            {"id": "/m/bark", "name": "Bark", "propagate_to_parents": ["/m/dog"]},
        ]
    )
    assert dog == ClassSpec(
        mid="/m/dog",
        name="Dog",
        description="Barks.",
        citation_uri="http://example.org",
        child_ids=("/m/bark",),
        is_abstract=True,
        is_omitted=True,
        keywords=(("dog",), ("hound", "barks")),
        omit_keywords=("hot",),
        propagate_to_parents=False,
        faq="Is it a dog?",
        positive_examples=(123, "youtu.be/x"),
    )


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"child_ids": "b"}, "child_ids is a text; give a list"),
        ({"child_ids": [1]}, "child_ids holds a number"),
        ({"child_ids": ["x"]}, "not in the file"),
        ({"child_ids": ["b", "b"]}, "2 times"),
        ({"keywords": [""]}, "empty word"),
        ({"keywords": [["dog", " "]]}, "empty word"),
        ({"keywords": [[]]}, "empty list"),
        ({"keywords": {"dog": 1}}, "keywords is an object"),
        ({"keywords": [None]}, "keywords holds null"),
        ({"omit_keywords": [True]}, "omit_keywords holds a boolean"),
        ({"restrictions": ["secret"]}, "'secret' is not known"),
        ({"propagate_to_parents": "yes"}, "give true, false or a list"),
        ({"propagate_to_parents": ["b"]}, "not a parent"),
        ({"positive_examples": [True]}, "positive_examples holds a boolean"),
        ({"description": 3}, "description is a number"),
        ({"name": ""}, "name is missing or empty"),
        ({"name": "x" * 201}, "give at most 200"),
        ({"name": "a\x00b"}, "characters that are no text"),
        ({"description": "\ud800"}, "characters that are no text"),
        ({"id": None}, "id is missing or empty"),
    ],
)
def test_what_is_wrong_with_a_class_is_said_in_one_sentence(more, fault):
    (problem,) = problems_of([{**entry("a"), **more}, entry("b")])
    assert fault in problem
    assert problem.endswith(".")


def test_a_name_of_exactly_the_longest_length_is_accepted():
    assert parse_ontology([entry("a", name="x" * 200)])[0].name == "x" * 200


@pytest.mark.parametrize("data", [None, {}, [], "classes", 7, True])
def test_what_is_no_list_of_classes_is_refused(data):
    (problem,) = problems_of(data)
    assert "give a list of classes" in problem


def test_entries_that_are_no_objects_are_named_by_their_number():
    assert problems_of([entry("a"), 3]) == (
        "Entry 2: is a number; give an object with id and name.",
    )


def test_a_duplicate_id_is_named():
    assert "Class a stands in the file 2 times; keep one." in problems_of([entry("a"), entry("a")])


def test_all_problems_are_told_at_once_and_a_flood_is_counted():
    problems = problems_of([entry("a", child_ids=[f"x{i}" for i in range(50)])])
    assert len(problems) == 21
    assert problems[-1] == "And 30 more problems."
    assert len(problems_of([entry("a", child_ids=["x", "y"]), {"id": "b"}])) == 3


def test_a_cycle_is_refused_naming_its_members_in_order():
    classes = [
        entry("top", child_ids=["a"]),
        entry("a", child_ids=["b"]),
        entry("b", child_ids=["c"]),
        entry("c", child_ids=["a"]),
    ]
    assert problems_of(classes) == (
        "Classes form a cycle: a → b → c → a; remove one of these edges.",
    )


def test_a_class_that_is_its_own_child_is_a_cycle():
    assert "a → a" in problems_of([entry("a", child_ids=["a"])])[0]


def test_a_very_deep_chain_is_read_without_recursion():
    chain = [entry(f"m{i}", child_ids=[f"m{i + 1}"]) for i in range(3000)] + [entry("m3000")]
    assert len(parse_ontology(chain)) == 3001


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
keys = st.sampled_from(
    ["id", "name", "child_ids", "restrictions", "keywords", "propagate_to_parents", "faq"]
)


@given(st.lists(st.dictionaries(keys, json_values) | json_values, max_size=4) | json_values)
def test_hostile_json_is_refused_with_sentences_or_read_and_never_crashes(data):
    try:
        parse_ontology(data)
    except RuleError as refused:
        assert refused.problems


@st.composite
def random_dags(draw):
    n = draw(st.integers(1, 7))
    pairs = list(itertools.combinations([f"m{i}" for i in range(n)], 2))
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    edges = [Edge(parent, child, draw(st.booleans())) for parent, child in chosen]
    return draw(st.permutations([f"m{i}" for i in range(n)])), edges


def all_paths(edges, start, stop):
    if start == stop:
        yield []
    for edge in edges:
        if edge.child == start:
            yield from ([edge, *rest] for rest in all_paths(edges, edge.parent, stop))


@given(random_dags())
def test_the_closure_is_what_walking_every_path_finds(dag):
    mids, edges = dag
    expected = set()
    for descendant, ancestor in itertools.permutations(mids, 2):
        if paths := list(all_paths(edges, descendant, ancestor)):
            depth = min(len(path) for path in paths)
            propagates = any(all(edge.propagates for edge in path) for path in paths)
            expected.add((ancestor, descendant, depth, propagates))
    rows = closure_rows(mids, edges)
    assert {(r.ancestor, r.descendant, r.depth, r.propagates) for r in rows} == expected
    assert len(rows) == len(expected)


def test_propagation_may_need_a_longer_path_than_the_shortest():
    edges = [Edge("top", "low", False), Edge("top", "mid"), Edge("mid", "low")]
    (row,) = [
        r
        for r in closure_rows(["top", "mid", "low"], edges)
        if r.ancestor == "top" != r.descendant and r.descendant == "low"
    ]
    assert (row.depth, row.propagates) == (1, True)


def test_a_closure_over_a_cycle_or_an_unknown_class_is_refused():
    with pytest.raises(RuleError, match="cycle"):
        closure_rows(["a", "b"], [Edge("a", "b"), Edge("b", "a")])
    with pytest.raises(RuleError, match="unknown classes z"):
        closure_rows(["a"], [Edge("a", "z")])


def test_edges_propagate_to_the_named_parents_only():
    classes = parse_ontology(
        [
            entry("animal", child_ids=["growl", "dog"]),
            entry("thing", child_ids=["growl"]),
            entry("growl", propagate_to_parents=["thing"]),
            entry("dog"),
        ]
    )
    assert [(e.parent, e.child, e.propagates) for e in list_edges(classes)] == [
        ("animal", "growl", False),
        ("animal", "dog", True),
        ("thing", "growl", True),
    ]


def test_the_real_audioset_ontology_is_read_whole(shared_data):
    """Figures: AudioSet's ontology.json has 632 classes, 38 with several parents, 670 edges."""
    data = json.loads((shared_data / "audioset" / "ontology.json").read_text())
    classes = parse_ontology(data)
    edges = list_edges(classes)
    with (shared_data / "fsd50k" / "propagation_edges.csv").open() as file:
        published = {(row["parent_mid"], row["child_mid"]) for row in csv.DictReader(file)}
    assert len(classes) == 632
    assert {(edge.parent, edge.child) for edge in edges} == published
    n_parents = [sum(edge.child == spec.mid for edge in edges) for spec in classes]
    assert sum(n > 1 for n in n_parents) == 38
    direct = {
        (r.ancestor, r.descendant)
        for r in closure_rows([c.mid for c in classes], edges)
        if r.depth == 1
    }
    assert direct == published
