"""Training: from a release to a run that repeats bit for bit and can be interrupted."""

import csv
import json
import threading

import pytest

from ml_worker.contract import JobKind, read_result
from ml_worker.job_context import JobInterrupted
from ml_worker.runner import run_job
from ml_worker.train import describe_metrics

SMALL = {"epochs": 3, "batch_size": 8}


@pytest.fixture
def make_train_job(make_job, release_dir):
    def make(name="job", recipe="small_cnn", overrides=None, **settings):
        settings = {"device": "cpu", "seed": 3} | settings
        overrides = SMALL | (overrides or {})
        inputs = {"release": release_dir}
        return make_job(JobKind.TRAIN, inputs, name, recipe=recipe, overrides=overrides, **settings)

    return make


def results_of(out_dir) -> dict[str, str]:
    """What must repeat: all files but the curves, which hold seconds."""
    files = dict(read_result(out_dir).files)
    assert files.pop("curves.jsonl")
    return files


def test_a_run_learns_three_tones_and_says_what_it_did(shared_run):
    _, run_dir = shared_run
    result = read_result(run_dir)
    assert set(result.files) == {
        "model.safetensors",
        "model.json",
        "metrics.json",
        "curves.jsonl",
        "scores_eval.csv",
    }
    assert result.summary["eval_map"] > 0.9
    assert result.summary["eval_map_chance"] == pytest.approx(1 / 3)
    assert result.summary["protocol"].endswith("/mean-of-patch-sigmoids/seed-1")
    assert result.made_by["torch"]
    metrics = json.loads((run_dir / "metrics.json").read_text())
    assert metrics["eval"]["map_macro"] == result.summary["eval_map"]
    assert [c["n_positive"] for c in metrics["eval"]["per_class"]] == [2, 2, 2]
    curves = [json.loads(line) for line in (run_dir / "curves.jsonl").read_text().splitlines()]
    assert [c["epoch"] for c in curves] == list(range(1, result.summary["n_epochs"] + 1))
    with (run_dir / "scores_eval.csv").open() as handle:
        rows = list(csv.reader(handle))
    assert rows[0] == ["fname", "/m/low", "/m/middle", "/m/high"]
    assert [row[0] for row in rows[1:]] == [str(118 + i) for i in range(6)]


def test_two_runs_with_one_seed_are_the_same_and_with_another_are_not(make_train_job, tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        overrides = {"epochs": 2, "mixup_alpha": 0.3}
        run_job(make_train_job(f"job-{name}", overrides=overrides, seed=seed), tmp_path / name)
    assert results_of(tmp_path / "a") == results_of(tmp_path / "b")
    assert results_of(tmp_path / "a") != results_of(tmp_path / "c")


def test_a_stopped_run_goes_on_to_the_same_end(make_train_job, tmp_path, monkeypatch):
    from ml_worker import fit

    run_job(make_train_job("whole"), tmp_path / "whole-out")
    job_dir, stop, save = make_train_job("broken"), threading.Event(), fit.save_checkpoint

    def stop_after_two_epochs(path, state, *rest):
        save(path, state, *rest)
        if state.epoch == 2:
            stop.set()

    monkeypatch.setattr(fit, "save_checkpoint", stop_after_two_epochs)
    with pytest.raises(JobInterrupted):
        run_job(job_dir, tmp_path / "out", stop=stop)
    assert not (tmp_path / "out").exists()
    assert len((job_dir / "curves.jsonl").read_text().splitlines()) == 2
    monkeypatch.undo()
    began = []
    monkeypatch.setattr(fit.Fitter, "_train_epoch", _count_calls(fit.Fitter._train_epoch, began))
    result = run_job(job_dir, tmp_path / "out")
    assert (result.summary["n_epochs"], len(began)) == (3, 1)
    assert results_of(tmp_path / "out") == results_of(tmp_path / "whole-out")


def _count_calls(function, calls):
    def counted(*arguments):
        calls.append(1)
        return function(*arguments)

    return counted


def test_a_checkpoint_of_another_plan_is_not_taken_up(make_train_job, tmp_path):
    job_dir = make_train_job("first", overrides={"epochs": 1})
    run_job(job_dir, tmp_path / "first-out")
    make_train_job("first", overrides={"epochs": 1}, seed=9)
    run_job(job_dir, tmp_path / "second-out")
    run_job(make_train_job("fresh", overrides={"epochs": 1}, seed=9), tmp_path / "fresh-out")
    assert results_of(tmp_path / "second-out") == results_of(tmp_path / "fresh-out")


@pytest.mark.parametrize(
    ("job_settings", "sentence"),
    [
        ({"recipe": None}, "settings need 'recipe'"),
        ({"recipe": "large"}, "Recipe 'large' does not exist; choose one of"),
        ({"overrides": {"epoch": 1}}, "did you mean 'epochs'?"),
        ({"overrides": {"model": "resnet"}}, "Model 'resnet' is not known"),
        ({"device": "tpu"}, "Device is 'tpu'; allowed are auto, cpu, cuda"),
    ],
)
def test_wrong_settings_end_the_job_with_a_sentence(
    make_train_job, tmp_path, job_settings, sentence
):
    result = run_job(make_train_job(**job_settings), tmp_path / "out")
    assert not result.ok
    assert sentence in result.error


def test_a_release_without_validation_clips_is_refused(make_train_job, release_dir, tmp_path):
    path = release_dir / "ground_truth" / "dev.csv"
    path.write_text(path.read_text().replace("val", "train"))
    result = run_job(make_train_job(), tmp_path / "out")
    assert "no labelled val clip" in result.error


def test_a_loss_that_is_no_number_ends_the_job_with_advice(make_train_job, tmp_path, monkeypatch):
    import torch

    from ml_worker import fit

    nan = torch.tensor(float("nan"))
    monkeypatch.setattr(fit, "masked_bce", lambda *_: nan)
    result = run_job(make_train_job(), tmp_path / "out")
    assert "The loss became nan in epoch 1 at learning rate 0.002" in result.error


def test_what_is_not_defined_is_null_in_json():
    import numpy as np

    from ml_worker.metrics import evaluate
    from ml_worker.release import SoundClass

    metrics = evaluate(np.array([[True, False]]), np.array([[0.5, 0.5]]))
    classes = [SoundClass("A", "/m/a"), SoundClass("B", "/m/b")]
    value = describe_metrics(metrics, classes)
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert value["d_prime_of_mean_auc"] is None
    assert value["n_classes_left_out"] == 1
