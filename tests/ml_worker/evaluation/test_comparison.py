"""Runs are compared on the same resampled clips, and only where they were measured alike."""

import numpy as np
import pytest

from ml_worker.evaluation.comparison import ComparedRun, compare_runs, distinct_labels
from ml_worker.evaluation.measure import MeasureSettings
from ml_worker.evaluation.stored_run import RunFacts
from ml_worker.job_context import JobRefused
from ml_worker.metrics import evaluate

SETTINGS = MeasureSettings(n_replicates=200)


@pytest.fixture
def make_run(make_scored):
    def make(label="run", recipe=None, **given) -> ComparedRun:
        scored = make_scored(**given)
        facts = RunFacts(label, recipe or {"model": label}, seed=given.get("seed", 0))
        return ComparedRun(label, scored, facts)

    return make


def test_a_run_does_not_differ_from_itself(make_run):
    document = compare_runs([make_run("a"), make_run("b")], SETTINGS)
    difference = document["runs"][1]["difference"]["map_macro"]
    assert (difference["value"], difference["low"], difference["high"]) == (0, 0, 0)
    assert difference["share_better"] == 0.5


def test_a_difference_is_paired(make_run):
    """The spread of the paired difference is smaller than that of two independent intervals."""
    runs = [make_run("a", skill=0.2), make_run("b", skill=0.35)]
    document = compare_runs(runs, SETTINGS)
    found = document["runs"][1]["difference"]["map_macro"]
    values = [evaluate(r.scored.targets, r.scored.scores, r.scored.decided).map_macro for r in runs]
    assert found["value"] == pytest.approx(values[1] - values[0])
    assert 0 < found["low"] <= found["value"] <= found["high"]
    widths = [
        run["overall"]["map_macro"]["high"] - run["overall"]["map_macro"]["low"]
        for run in document["runs"]
    ]
    assert found["high"] - found["low"] < np.hypot(*widths)
    assert found["share_better"] == 1.0


def test_classes_have_their_own_paired_differences(make_run):
    document = compare_runs([make_run("a", skill=0.2), make_run("b", skill=0.9)], SETTINGS)
    assert [row["name"] for row in document["per_class"]] == ["Dog", "Cat", "Rain", "Bell"]
    for row in document["per_class"]:
        assert row["differences"][0]["value"] == pytest.approx(row["values"][1] - row["values"][0])


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"data_sha256": "cd" * 32}, "release"),
        ({"split": "val"}, "protocol"),
        ({"front_end": "logmel2"}, "protocol"),
    ],
)
def test_runs_of_another_release_or_protocol_are_refused_with_both_named(make_run, given, what):
    runs = [make_run("a"), make_run("b", **given)]
    with pytest.raises(JobRefused, match=f"a and b are not of one {what}") as caught:
        compare_runs(runs, SETTINGS)
    for run in runs:
        assert run.scored.protocol.without_seed in str(caught.value)


def test_labels_that_differ_under_one_protocol_are_refused(make_run):
    runs = [make_run("a"), make_run("b")]
    runs[1].scored.states[0, 0] ^= 1
    with pytest.raises(JobRefused, match="hold other clips, classes or labels"):
        compare_runs(runs, SETTINGS)
    with pytest.raises(JobRefused, match="needs two runs"):
        compare_runs(runs[:1], SETTINGS)


def test_seeds_may_differ_and_their_spread_is_given(make_run):
    recipe = {"model": "small_cnn", "lr": 0.1}
    runs = [make_run(f"s{seed}", recipe, seed=seed) for seed in range(3)]
    runs.append(make_run("other", {"model": "small_cnn", "lr": 0.2}))
    document = compare_runs(runs, SETTINGS)
    (group,) = document["seeds"]
    assert group["labels"] == ["s0", "s1", "s2"]
    values = [run["overall"]["lwlrap"]["value"] for run in document["runs"][:3]]
    assert group["figures"]["lwlrap"]["mean"] == pytest.approx(np.mean(values))
    assert group["figures"]["lwlrap"]["std"] == pytest.approx(np.std(values, ddof=1))
    names = {row["name"]: row["values"] for row in document["recipes"]}
    assert names == {"lr": ["0.1", "0.1", "0.1", "0.2"], "seed": ["0", "1", "2", "0"]}


def test_a_student_is_not_taken_for_another_seed_of_its_unmasked_control(make_run):
    recipe = {"model": "small_cnn"}
    runs = [make_run(f"s{seed}", recipe, seed=seed) for seed in range(2)]
    runs[1].facts.summary["flag_use"] = "mask"
    document = compare_runs(runs, SETTINGS)
    assert document["seeds"] == []
    names = {row["name"]: row["values"] for row in document["recipes"]}
    assert names["use of suspected labels"] == ["", "mask"]


def test_names_of_runs_are_told_apart_by_seed_and_then_by_place():
    facts = [RunFacts("r", {"model": m}, seed=s) for m, s in (("a", 0), ("b", 0), ("b", 1))]
    assert distinct_labels(facts, ["x", "y", "z"]) == ["a", "b, seed 0", "b, seed 1"]
    same = [RunFacts("r", {"model": "a"}, seed=0)] * 2
    assert distinct_labels(same, ["x", "y"]) == ["a, seed 0 (x)", "a, seed 0 (y)"]
