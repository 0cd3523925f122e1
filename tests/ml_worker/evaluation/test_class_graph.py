"""Siblings, depth and leaves in a class graph where a class may have several parents."""

import pytest

from ml_worker.evaluation.class_graph import ClassGraph, read_class_graph
from ml_worker.release import ReleaseError

EDGES = """child_mid,parent_mid,propagates
dog,pet,1
cat,pet,1
pet,animal,1
wolf,animal,1
growl,dog,1
growl,wolf,0
bark,dog,1
hiss,cat,0
"""


@pytest.fixture
def graph(tmp_path) -> ClassGraph:
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata/ontology_edges.csv").write_text(EDGES)
    return read_class_graph(tmp_path)


def test_siblings_share_a_parent_that_need_not_be_released(graph):
    mids = ["dog", "cat", "growl", "bark", "wolf"]
    assert graph.siblings(mids) == [[1], [0], [3], [2], []]


def test_an_ancestor_is_no_sibling():
    both = {"a": frozenset({"root"}), "b": frozenset({"root", "a"}), "c": frozenset({"root"})}
    assert ClassGraph(both, {}).siblings(["a", "b", "c"]) == [[2], [2], [0, 1]]


def test_depth_is_the_shortest_way_to_a_root(graph):
    assert graph.depths(["animal", "pet", "wolf", "growl", "hiss", "unknown"]) == [0, 1, 1, 2, 3, 0]


def test_a_leaf_is_implied_by_no_other_released_class(graph):
    assert graph.leaves(["animal", "cat", "hiss", "wolf", "growl"]) == [
        False, True, True, True, True,
    ]  # fmt: skip


def test_circles_end():
    ring = {"a": frozenset({"b"}), "b": frozenset({"a"})}
    graph = ClassGraph(ring, ring)
    assert graph.depths(["a"]) == [1]
    assert graph.siblings(["a", "b"]) == [[], []]


def test_a_release_without_an_ontology_has_no_graph_and_a_broken_one_is_refused(tmp_path):
    assert read_class_graph(tmp_path) is None
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata/ontology_edges.csv").write_text("child,parent\na,b\n")
    with pytest.raises(ReleaseError, match="needs the columns child_mid, parent_mid"):
        read_class_graph(tmp_path)
