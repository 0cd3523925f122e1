"""The evaluate job: a trained run measured on a split of a release."""

import csv
import json

import numpy as np
import pytest

from ml_worker.contract import JobKind, read_result
from ml_worker.runner import run_job


@pytest.fixture
def evaluate(make_job, tmp_path):
    def run(release, run_dir, name="evaluation", **settings):
        inputs = {"release": release, "run": run_dir}
        settings = {"device": "cpu", "n_replicates": 100} | settings
        job_dir = make_job(JobKind.EVALUATE, inputs, f"job-{name}", **settings)
        return run_job(job_dir, tmp_path / name), tmp_path / name

    return run


def test_it_gives_the_trainings_own_figures_with_intervals(finished_evaluation, finished_run):
    _, folder = finished_evaluation
    _, run_dir = finished_run
    trained = json.loads((run_dir / "metrics.json").read_text())["eval"]
    document = json.loads((folder / "metrics.json").read_text())
    for name in ("map_macro", "map_micro", "lwlrap", "mean_d_prime"):
        found = document["overall"][name]
        assert found["value"] == pytest.approx(trained[name], abs=1e-4)
        assert found["low"] <= found["value"] + 1e-9
    assert document["run"]["recipe"]["model"] == "small_cnn"
    assert document["is_trained_on_release"] is True
    assert [row["mid"] for row in document["per_class"]] == ["/m/low", "/m/middle", "/m/high"]


def test_the_result_folder_is_complete_in_itself(finished_evaluation):
    _, folder = finished_evaluation
    result = read_result(folder)
    assert set(result.files) == {
        "metrics.json",
        "calibration.json",
        "per_class.csv",
        "clips.csv",
        "scores.npy",
        "labels.npy",
        "curves.jsonl",
        "report.html",
    }
    release, split, _, *rest = result.summary["protocol"].split("/")
    assert release.startswith("release@")
    assert (split, rest) == ("eval", ["mean-of-patch-sigmoids", "seed-1"])
    scores, states = np.load(folder / "scores.npy"), np.load(folder / "labels.npy")
    assert scores.shape == states.shape == (6, 3)
    with (folder / "clips.csv").open() as handle:
        clips = list(csv.DictReader(handle))
    assert [row["fname"] for row in clips] == [str(118 + i) for i in range(6)]
    with (folder / "per_class.csv").open() as handle:
        classes = list(csv.DictReader(handle))
    assert {row["protocol"] for row in (*clips, *classes)} == {result.summary["protocol"]}


def test_it_repeats_byte_for_byte(evaluate, finished_run):
    first, _ = evaluate(*finished_run, name="a")
    second, _ = evaluate(*finished_run, name="b")
    assert first.ok, first.error
    assert first.files == second.files


def test_another_split_may_be_measured_and_its_figures_say_so(evaluate, finished_run):
    result, folder = evaluate(*finished_run, split="val")
    assert result.summary["split"] == "val"
    assert "/val/" in result.summary["protocol"]
    assert "its figures on them flatter it" in (folder / "report.html").read_text()


def test_siblings_and_levels_are_measured_where_the_release_has_an_ontology(evaluate, finished_run):
    release, run_dir = finished_run
    edges = "child_mid,parent_mid,propagates\n/m/low,/m/tone,1\n/m/high,/m/tone,1\n"
    (release / "metadata/ontology_edges.csv").write_text(edges)
    _, folder = evaluate(release, run_dir)
    document = json.loads((folder / "metrics.json").read_text())
    assert [row["mid"] for row in document["siblings"]] == ["/m/low", "/m/high"]
    assert [level["name"] for level in document["levels"]] == ["leaves", "depth 0", "depth 1"]


def test_a_run_of_another_release_is_measured_and_the_page_says_so(evaluate, finished_run):
    release, run_dir = finished_run
    path = release / "ground_truth/labels.csv"
    path.write_text(path.read_text() + "102,/m/low,negative,rated\n")
    result, folder = evaluate(release, run_dir)
    assert result.ok
    assert json.loads((folder / "metrics.json").read_text())["is_trained_on_release"] is False
    assert "another release than this" in (folder / "report.html").read_text()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"split": "test"}, "split is 'test'; allowed are train, val, eval."),
        ({"n_replicates": 99}, "n_replicates is 99; it must be a whole number from 100 to 20000."),
        ({"n_best": True}, "n_best is True; it must be a whole number from 0 to 50."),
    ],
)
def test_wrong_settings_end_the_job_with_a_sentence(evaluate, finished_run, wrong, sentence):
    result, folder = evaluate(*finished_run, **wrong)
    assert result.error == sentence
    assert [path.name for path in folder.iterdir()] == ["result.json"]


def test_a_release_of_other_classes_is_refused(evaluate, finished_run):
    release, run_dir = finished_run
    path = release / "ground_truth/vocabulary.csv"
    path.write_text(path.read_text() + "3,Extra,/m/extra\n")
    result, _ = evaluate(release, run_dir)
    assert "is not" in result.error or "are not the release's" in result.error
