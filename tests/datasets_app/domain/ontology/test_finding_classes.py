"""Paths, totals without double counting, and the search for a class."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.ontology.class_paths import paths_from_roots
from datasets_app.domain.ontology.class_search import (
    MatchedIn,
    SearchableClass,
    search_classes,
    words_of,
)
from datasets_app.domain.ontology.descendant_totals import descendant_totals
from datasets_app.domain.ontology.ontology_graph import Edge, closure_rows

NODES = [f"n{i}" for i in range(8)]
EDGES = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda e: e[0] < e[1]), unique=True
)


def reachable(edges: list[tuple[int, int]], start: int) -> set[int]:
    found = {start}
    for _ in range(8):
        found |= {child for parent, child in edges if parent in found}
    return found


@given(EDGES, st.lists(st.integers(0, 99), min_size=8, max_size=8))
def test_a_total_counts_each_class_below_once(edges, own):
    rows = closure_rows(NODES, [Edge(NODES[p], NODES[c]) for p, c in edges])
    counts = dict(zip(NODES, own, strict=True))
    totals = descendant_totals(counts, [(r.ancestor, r.descendant) for r in rows] * 2, NODES)
    for i, node in enumerate(NODES):
        assert totals[node] == sum(own[j] for j in reachable(edges, i))


@given(EDGES, st.integers(0, 7))
def test_every_path_leads_from_a_root_over_edges_to_the_class(edges, node):
    parents: dict[int, list[int]] = {}
    for parent, child in edges:
        parents.setdefault(child, []).append(parent)
    paths = paths_from_roots(parents, node, most=10_000)
    assert len(set(paths)) == len(paths) >= 1
    assert [len(p) for p in paths] == sorted(len(p) for p in paths)
    for path in paths:
        assert path[-1] == node
        assert path[0] not in parents
        assert all(pair in edges for pair in itertools.pairwise(path))


def test_a_list_of_paths_ends_where_it_is_told_to():
    parents = {i: [i - 2, i - 1] for i in range(2, 30)}
    assert len(paths_from_roots(parents, 29, most=24)) <= 24


CLASSES = [
    SearchableClass(1, "Bark", ("woof", "dog yap"), "The sound of a dog."),
    SearchableClass(2, "Dog", (), "A domestic animal."),
    SearchableClass(3, "Hot dog stand", (), ""),
    SearchableClass(4, "Crème brûlée torch", (), "Burning sugar."),
]


def keys(query: str) -> list[int]:
    return [match.key for match in search_classes(query, CLASSES)]


def test_a_name_goes_before_a_keyword_and_a_keyword_before_a_description():
    assert keys("dog") == [2, 3, 1]
    assert [m.matched_in for m in search_classes("dog", CLASSES)] == [
        MatchedIn.WHOLE_NAME,
        MatchedIn.NAME,
        MatchedIn.SYNONYM,
    ]
    assert keys("sugar") == [4]


def test_pieces_of_words_case_and_accents_do_not_matter():
    assert keys("CREME bru") == [4]
    assert keys("woo") == [1]


def test_every_word_has_to_be_found():
    assert keys("dog torch") == []
    assert keys("bark domestic") == []


def test_nothing_finds_nothing():
    assert keys("") == keys("  ") == keys("!?") == []


@given(st.text(max_size=40))
def test_no_text_breaks_the_search_and_a_name_finds_its_class(text):
    search_classes(text, CLASSES)
    found = search_classes(text, [SearchableClass(1, text)])
    assert bool(found) == bool(words_of(text))
