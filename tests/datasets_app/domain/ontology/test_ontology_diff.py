import csv
import dataclasses
import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.domain.errors import RuleError
from datasets_app.domain.ontology.class_spec import ClassSpec
from datasets_app.domain.ontology.closure_update import update_closure
from datasets_app.domain.ontology.ontology_diff import RenamedClass, diff_ontologies
from datasets_app.domain.ontology.ontology_graph import (
    Edge,
    closure_rows,
    list_edges,
    parse_ontology,
)

MIDS = [f"m{number}" for number in range(7)]
PAIRS = list(itertools.combinations(MIDS, 2))
edge_sets = st.dictionaries(st.sampled_from(PAIRS), st.booleans(), max_size=12).map(
    lambda chosen: [Edge(parent, child, flag) for (parent, child), flag in chosen.items()]
)


@given(edge_sets, edge_sets)
def test_an_updated_closure_is_the_one_computed_from_nothing(old, new):
    rows = closure_rows(MIDS, old)
    update = update_closure(rows, MIDS, old, new)
    assert len(set(update.removed)) == len(update.removed)
    assert set(update.removed) <= set(rows)
    assert not set(update.removed) & set(update.added)
    assert (set(rows) - set(update.removed)) | set(update.added) == set(closure_rows(MIDS, new))


@given(edge_sets, st.sets(st.sampled_from(MIDS)))
def test_rows_of_classes_that_are_gone_are_removed_with_their_edges(old, gone):
    staying = [mid for mid in MIDS if mid not in gone]
    new = [edge for edge in old if not {edge.parent, edge.child} & gone]
    rows = closure_rows(MIDS, old)
    update = update_closure(rows, staying, old, new)
    assert (set(rows) - set(update.removed)) | set(update.added) == set(closure_rows(staying, new))


@given(edge_sets, st.sets(st.sampled_from(MIDS)))
def test_a_closure_of_some_classes_is_their_part_of_the_whole(edges, some):
    whole = closure_rows(MIDS, edges)
    assert closure_rows(MIDS, edges, descendants=some) == [
        row for row in whole if row.descendant in some
    ]


def test_an_edit_into_a_cycle_is_refused():
    old = [Edge("m0", "m1")]
    with pytest.raises(RuleError, match="cycle"):
        update_closure(closure_rows(MIDS, old), MIDS, old, [*old, Edge("m1", "m0")])


def test_without_edits_nothing_changes():
    edges = [Edge("m0", "m1"), Edge("m1", "m2", False)]
    update = update_closure(closure_rows(MIDS, edges), MIDS, edges, edges)
    assert (update.removed, update.added) == ((), ())


@st.composite
def ontologies(draw):
    """Some classes in any order; edges run from lower to higher mids."""
    mids = draw(st.permutations(sorted(draw(st.sets(st.sampled_from(MIDS), min_size=1)))))
    children = {
        mid: tuple(draw(st.sets(st.sampled_from([m for m in mids if m > mid] or [""]))) - {""})
        for mid in mids
    }
    return [
        ClassSpec(
            mid,
            draw(st.sampled_from(["A", "B"])),
            child_ids=children[mid],
            propagate_to_parents=draw(st.booleans()),
        )
        for mid in mids
    ]


def implied_by_walking(rated, edges):
    """(mid) implied by a set of rated mids, themselves left out."""
    found, waiting = set(), list(rated)
    while waiting:
        child = waiting.pop()
        for edge in edges:
            if edge.child == child and edge.propagates and edge.parent not in found:
                found.add(edge.parent)
                waiting.append(edge.parent)
    return found - set(rated)


@given(ontologies(), ontologies(), st.data())
def test_the_diff_tells_what_becomes_implied_and_what_ceases_to_be(old, new, data):
    n_clips = data.draw(st.integers(0, 4))
    grid = np.array(
        [[data.draw(st.booleans()) for _ in old] for _ in range(n_clips)], bool
    ).reshape(n_clips, len(old))
    diff = diff_ontologies(old, new, grid)
    for clip in range(n_clips):
        rated = {spec.mid for spec, on in zip(old, grid[clip], strict=True) if on}
        staying = rated & {spec.mid for spec in new}
        before = implied_by_walking(rated, list_edges(old))
        after = implied_by_walking(staying, list_edges(new))

        def named(labels, clip=clip):
            return {diff.classes[i] for i in np.flatnonzero(labels.toarray()[clip])}

        assert named(diff.implied) == after - before
        assert named(diff.no_longer_implied) == before - after
        assert named(diff.orphaned) == rated - staying


@given(ontologies(), ontologies())
def test_applying_the_differences_to_the_old_classes_and_edges_gives_the_new_ones(old, new):
    diff = diff_ontologies(old, new)
    mids = {spec.mid for spec in old} - set(diff.removed_classes) | set(diff.added_classes)
    assert mids == {spec.mid for spec in new}
    flipped = {(edge.parent, edge.child) for edge in diff.changed_edges}
    edges = {e for e in list_edges(old) if (e.parent, e.child) not in flipped}
    edges = edges - set(diff.removed_edges) | set(diff.added_edges) | set(diff.changed_edges)
    assert edges == set(list_edges(new))
    names = {spec.mid: spec.name for spec in old}
    names.update({renamed.mid: renamed.new_name for renamed in diff.renamed_classes})
    assert all(names.get(spec.mid, spec.name) == spec.name for spec in new)
    assert diff.classes[: len(old)] == tuple(spec.mid for spec in old)


@given(ontologies())
def test_an_ontology_does_not_differ_from_itself(classes):
    diff = diff_ontologies(classes, classes, np.ones((2, len(classes)), bool))
    assert diff.is_empty
    assert diff.implied.nnz == diff.no_longer_implied.nnz == diff.orphaned.nnz == 0


def test_labels_of_another_ontology_are_refused():
    with pytest.raises(RuleError, match="3 classes; give 1, as in the old ontology"):
        diff_ontologies([ClassSpec("a", "A")], [ClassSpec("a", "A")], [[1, 0, 0]])


def test_no_longer_propagating_fsd50ks_17_edges_takes_their_labels_away(shared_data):
    """AudioSet propagating everywhere against FSD50K's propagation_edges.csv: 17 edges differ.

    One clip of growling, one of a growling dog; Growling has no other parents.
    """
    data = json.loads((shared_data / "audioset" / "ontology.json").read_text())
    everywhere = parse_ontology(data)
    with (shared_data / "fsd50k" / "propagation_edges.csv").open() as file:
        upwards = {}
        for row in csv.DictReader(file):
            parents = upwards.setdefault(row["child_mid"], [])
            parents += [row["parent_mid"]] if row["propagates"] == "1" else []
    fsd50k = [
        dataclasses.replace(c, propagate_to_parents=tuple(upwards.get(c.mid, ())))
        for c in everywhere
    ]
    place = {spec.mid: index for index, spec in enumerate(everywhere)}
    growling, dog = "/m/0ghcn6", "/m/0bt9lr"
    labels = np.zeros((2, len(everywhere)), bool)
    labels[0, place[growling]] = True
    labels[1, [place[growling], place[dog]]] = True
    renamed = [
        dataclasses.replace(spec, name="Hound") if spec.mid == dog else spec for spec in fsd50k
    ]
    diff = diff_ontologies(everywhere, renamed, labels)
    assert len(diff.changed_edges) == 17
    assert not any(edge.propagates for edge in diff.changed_edges)
    assert (diff.added_edges, diff.removed_edges, diff.implied.nnz) == ((), (), 0)
    assert diff.renamed_classes == (RenamedClass(dog, "Dog", "Hound"),)
    names = {spec.mid: spec.name for spec in everywhere}
    lost = {names[mid]: n for mid, n in diff.count(diff.no_longer_implied).items()}
    assert lost == {
        "Animal": 1,
        "Domestic animals, pets": 1,
        "Dog": 1,
        "Cat": 2,
        "Wild animals": 2,
        "Canidae, dogs, wolves": 2,
        "Roaring cats (lions, tigers)": 2,
    }
