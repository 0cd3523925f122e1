"""The stored documents: every figure, its interval and its protocol."""

import json

import pytest

from ml_worker.evaluation.class_graph import ClassGraph
from ml_worker.evaluation.measure import OVERALL, MeasureSettings, measure
from ml_worker.metrics import evaluate

SETTINGS = MeasureSettings(n_replicates=100, n_best=3)
PARENTS = {"/m/dog": frozenset({"/m/pet"}), "/m/cat": frozenset({"/m/pet"})}
GRAPH = ClassGraph(PARENTS, PARENTS)


def test_figures_are_those_of_the_metrics_and_lie_in_their_intervals(make_scored):
    scored = make_scored()
    document, calibration = measure(scored, GRAPH, SETTINGS)
    expected = evaluate(scored.targets, scored.scores, scored.decided)
    for name in OVERALL[:-1]:
        found = document["overall"][name]
        assert found["value"] == getattr(expected, name)
        assert found["low"] <= found["value"] <= found["high"]
        assert found["n_replicates"] == 100
    assert document["overall"]["map_at_3"]["value"] is None
    assert document["chance"]["map_macro"]["value"] == expected.map_chance
    for row, of_class in zip(document["per_class"], expected.per_class, strict=True):
        assert row["average_precision"]["value"] == of_class.average_precision
        assert row["roc_auc"]["value"] == of_class.roc_auc
    assert calibration["n_entries"] == scored.decided.sum()
    assert calibration["brier"]["low"] <= calibration["brier"]["value"]


def test_every_figure_names_its_protocol(make_scored):
    scored = make_scored()
    document, calibration = measure(scored, GRAPH, SETTINGS)
    wanted = "yard-1.0@abababababab/eval/logmel1/mean-of-patch-sigmoids/seed-0"
    rows = [*document["overall"].values(), *document["per_class"], *document["siblings"]]
    rows += [*document["levels"], *document["clips"]["best"], *document["clips"]["worst"]]
    rows += [document["chance"]["map_macro"], calibration]
    assert {row["protocol"] for row in rows} == {wanted}
    assert document["protocol"]["id"] == wanted


def test_siblings_and_levels_come_from_the_graph(make_scored):
    document, _ = measure(make_scored(), GRAPH, SETTINGS)
    assert [row["name"] for row in document["siblings"]] == ["Dog", "Cat"]
    assert document["siblings"][0]["siblings"][0]["mid"] == "/m/cat"
    assert [level["name"] for level in document["levels"]] == ["leaves", "depth 0", "depth 1"]
    without, _ = measure(make_scored(), None, SETTINGS)
    assert (without["siblings"], without["levels"]) == (None, None)


def test_the_best_and_worst_clips_say_what_was_labelled_and_what_was_heard(make_scored):
    scored = make_scored()
    document, _ = measure(scored, None, SETTINGS)
    best, worst = document["clips"]["best"], document["clips"]["worst"]
    assert (len(best), len(worst)) == (3, 3)
    assert best[0]["ranking"] >= best[2]["ranking"] >= worst[2]["ranking"] >= worst[0]["ranking"]
    row = scored.fnames.index(worst[0]["fname"])
    labels = {score["mid"] for score in worst[0]["labels"]}
    assert labels == {c.mid for c, t in zip(scored.classes, scored.targets[row], strict=True) if t}
    assert worst[0]["top"][0]["rank"] == 1


def test_documents_are_json_without_numbers_that_json_has_not(make_scored):
    scored = make_scored()
    scored.states[:, 2] = 0  # no positive Rain
    document, calibration = measure(scored, GRAPH, SETTINGS)
    assert document["per_class"][2]["average_precision"]["value"] is None
    assert document["n_classes_left_out"] == 1
    for value in (document, calibration):
        assert json.loads(json.dumps(value, allow_nan=False)) == value


def test_the_same_seed_gives_the_same_intervals(make_scored):
    first, _ = measure(make_scored(), GRAPH, SETTINGS)
    assert first == measure(make_scored(), GRAPH, SETTINGS)[0]
    other, _ = measure(make_scored(), GRAPH, MeasureSettings(n_replicates=100, seed=1, n_best=3))
    assert other["overall"]["lwlrap"]["low"] != pytest.approx(first["overall"]["lwlrap"]["low"])
