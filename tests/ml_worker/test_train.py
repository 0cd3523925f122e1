"""Training: from a release to a run that repeats bit for bit and can be interrupted."""

import csv
import functools
import json
import os
import pickle
import secrets
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

import ml_worker
from ml_worker.contract import JobKind, clear_for_retry, read_result, request_cancel
from ml_worker.features.front_end import FrontEnd
from ml_worker.job_context import JobInterrupted, JobRefused
from ml_worker.progress import heartbeat
from ml_worker.runner import run_job
from ml_worker.tensor_file import read_tensors, write_tensors
from ml_worker.train import describe_metrics
from ml_worker.trained_model import load_model
from ml_worker.training.checkpoint import describe_resumption

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
    assert (result.made_by["device"], result.seed) == ("cpu", 1)
    assert int(result.made_by["n_threads"]) >= 1
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


def test_the_last_epochs_weights_are_kept_where_the_recipe_says_so(make_train_job, tmp_path):
    overrides = {"epochs": 3, "patience": 1, "keep": "last", "lr": 0.5}
    result = run_job(make_train_job(overrides=overrides), tmp_path / "out")
    assert result.summary["n_epochs"] == result.summary["best_epoch"] == 3


def test_a_model_that_left_out_silence_says_so_and_does_so_again(make_train_job, tmp_path):
    overrides = {"epochs": 1, "silence_db": 40}
    result = run_job(make_train_job(overrides=overrides), tmp_path / "out")
    assert "without-40db-silence" in result.summary["protocol"]
    assert load_model(tmp_path / "out").front_end == FrontEnd(silence_db=40)


@pytest.mark.parametrize(
    "options", [{}, {"schedule": "cosine", "random_offsets": True, "band_shift": 3}]
)
def test_a_stopped_run_goes_on_in_the_middle_of_an_epoch_to_the_same_end(
    make_train_job, tmp_path, monkeypatch, options
):
    from ml_worker.training import fit

    run_job(make_train_job("whole", overrides=options), tmp_path / "whole-out")
    job_dir, stop, taken = make_train_job("broken", overrides=options), threading.Event(), []
    step = fit.Fitter._step

    def stop_after_five_steps(self, batch):
        step(self, batch)
        taken.append(batch)
        if len(taken) == 5:
            stop.set()

    monkeypatch.setattr(fit.Fitter, "_step", stop_after_five_steps)
    with pytest.raises(JobInterrupted):
        run_job(job_dir, tmp_path / "out", stop=stop)
    assert not (tmp_path / "out").exists()
    assert len((job_dir / "curves.jsonl").read_text().splitlines()) == 1
    said = describe_resumption(job_dir, tmp_path / "out")
    assert said == "Going on after epoch 1 and step 2 of the next; the best so far is epoch 1."
    run_job(job_dir, tmp_path / "out")
    assert len(taken) == 9
    assert results_of(tmp_path / "out") == results_of(tmp_path / "whole-out")
    assert learnt(tmp_path / "out") == learnt(tmp_path / "whole-out")
    with pytest.raises(JobRefused, match="there is nothing to go on with"):
        describe_resumption(job_dir, tmp_path / "out")


def learnt(out_dir) -> list[tuple]:
    lines = (out_dir / "curves.jsonl").read_text().splitlines()
    names = ("epoch", "train_loss", "val_map", "lr")
    return [tuple(json.loads(line)[name] for name in names) for line in lines]


KILLED_AT_STEP = """
import os, signal, sys
from ml_worker.training import fit
from ml_worker.__main__ import main

step, left = fit.Fitter._step, [int(sys.argv[1])]

def step_or_die(self, batch):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    step(self, batch)

fit.Fitter._step = step_or_die
sys.exit(main(["run", sys.argv[2], sys.argv[3]]))
"""


def test_killed_at_any_step_a_run_goes_on_to_the_same_end(make_train_job, tmp_path):
    """The step is new in each run of this test; the seed that is printed gives it again."""
    seed = int(os.environ.get("HARKEN_TEST_SEED") or secrets.randbelow(10**6))
    rng = np.random.default_rng(seed)
    n_steps, every_s = int(rng.integers(0, 18)), float(rng.choice([0.0, 0.02, 60.0]))
    print(f"HARKEN_TEST_SEED={seed}: killed after {n_steps} of 18 steps, saved each {every_s} s")
    overrides = {"batch_size": 4, "mixup_alpha": 0.3, "n_time_masks": 1, "time_mask_frames": 20}
    broken, whole = (
        make_train_job(name, overrides=overrides, checkpoint_every_s=every_s)
        for name in ("broken", "whole")
    )
    environment = os.environ | {"PYTHONPATH": str(Path(ml_worker.__file__).parents[1])}
    command = [sys.executable, "-c", KILLED_AT_STEP, str(n_steps), broken, tmp_path / "out"]
    done = subprocess.run(command, check=False, env=environment, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not (tmp_path / "out").exists()
    run_job(broken, tmp_path / "out")
    run_job(whole, tmp_path / "whole-out")
    assert results_of(tmp_path / "out") == results_of(tmp_path / "whole-out")
    assert learnt(tmp_path / "out") == learnt(tmp_path / "whole-out")


def test_a_checkpoint_of_another_training_is_refused_by_what_differs(make_train_job, tmp_path):
    job_dir = make_train_job("job", overrides={"epochs": 1})
    run_job(job_dir, tmp_path / "first-out")
    make_train_job("job", overrides={"epochs": 1, "lr": 0.01})
    result = run_job(job_dir, tmp_path / "out")
    assert "is of another training: lr is 0.002 there and 0.01 here" in result.error
    make_train_job("job", recipe="vgg_like", overrides={"epochs": 1})
    clear_for_retry(job_dir, tmp_path / "out")
    result = run_job(job_dir, tmp_path / "out")
    assert "model is 'small_cnn' there and 'vgg_like' here" in result.error
    clear_for_retry(job_dir, tmp_path / "out", from_start=True)
    assert run_job(job_dir, tmp_path / "out").ok


def test_a_checkpoint_with_weights_of_another_architecture_is_refused(make_train_job, tmp_path):
    job_dir = make_train_job("job", overrides={"epochs": 1})
    run_job(job_dir, tmp_path / "first-out")
    path = job_dir / "work" / "checkpoint.safetensors"
    tensors, metadata = read_tensors(path)
    tensors["model.head.1.weight"] = torch.zeros(3, 7)
    write_tensors(path, tensors, metadata)
    result = run_job(job_dir, tmp_path / "out")
    assert "holds the weights of another architecture" in result.error


def test_a_checkpoint_that_cannot_be_read_is_not_gone_on_from(make_train_job, tmp_path):
    whole = run_job(make_train_job("whole", overrides={"epochs": 1}), tmp_path / "whole-out")
    job_dir = make_train_job("job", overrides={"epochs": 1})
    (job_dir / "work").mkdir()
    (job_dir / "work" / "checkpoint.safetensors").write_bytes(pickle.dumps({"weights": 1}))
    with pytest.raises(JobRefused, match=r"nothing to go on from .* begin with: python -m"):
        describe_resumption(job_dir, tmp_path / "out")
    result = run_job(job_dir, tmp_path / "out")
    assert result.files["model.safetensors"] == whole.files["model.safetensors"]
    assert "Training begins anew" in (job_dir / "log.txt").read_text()


def test_a_cancelled_training_keeps_what_it_learnt(make_train_job, tmp_path, monkeypatch):
    from ml_worker import runner
    from ml_worker.training import fit

    job_dir, end_epoch = make_train_job("job"), fit.Fitter._end_epoch
    monkeypatch.setattr(runner, "heartbeat", functools.partial(heartbeat, every_s=0.01))

    def cancel_after_the_first(self, val_map, seconds):
        end_epoch(self, val_map, seconds)
        request_cancel(job_dir)
        assert self._context.cancel.wait(10)

    monkeypatch.setattr(fit.Fitter, "_end_epoch", cancel_after_the_first)
    result = run_job(job_dir, tmp_path / "out")
    assert result.cancelled
    assert result.error.startswith("Cancelled while training at 4 of 9 steps; start it again")
    monkeypatch.undo()
    clear_for_retry(job_dir, tmp_path / "out")
    assert "after epoch 1 and step 1 of the next" in describe_resumption(job_dir, tmp_path / "out")
    assert run_job(job_dir, tmp_path / "out").summary["n_epochs"] == 3


def test_a_full_disk_ends_the_job_with_a_sentence_and_the_last_checkpoint_stays(
    make_train_job, tmp_path
):
    job_dir = make_train_job("job", overrides={"epochs": 1})
    (job_dir / "work").mkdir()
    # The name the checkpoint has while it is written leads to where there is no room.
    unfinished = job_dir / "work" / f".checkpoint.safetensors.{os.getpid()}"
    unfinished.symlink_to("/dev/full")
    result = run_job(job_dir, tmp_path / "out")
    checkpoint = job_dir / "work" / "checkpoint.safetensors"
    assert result.error.startswith(f"The disk that holds {checkpoint} is full; make room and")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["result.json"]
    assert list((job_dir / "work").iterdir()) == []
    clear_for_retry(job_dir, tmp_path / "out")
    assert run_job(job_dir, tmp_path / "out").ok


def test_a_cosine_ends_the_learning_rate_at_nearly_nothing(make_train_job, tmp_path):
    options = {"schedule": "cosine", "epochs": 4, "lr": 0.01}
    run_job(make_train_job("falling", overrides=options), tmp_path / "out")
    rates = [rate for *_, rate in learnt(tmp_path / "out")]
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 0.002 < 0.009 < rates[0] < 0.01


def test_curves_say_how_fast_it_was_and_how_long_it_waited_for_data(shared_run):
    curves = (shared_run[1] / "curves.jsonl").read_text().splitlines()
    for entry in map(json.loads, curves):
        assert 0 <= entry["data_wait_share"] <= 1
        assert entry["patches_per_s"] > 0


def test_a_missing_recording_is_named(make_train_job, release_dir, tmp_path):
    (release_dir / "dev_audio" / "103.flac").unlink()
    result = run_job(make_train_job(), tmp_path / "out")
    assert "the audio file dev_audio/103.flac is missing from the release" in result.error
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["result.json"]


def test_a_broken_release_is_told_by_file_and_line(make_train_job, release_dir, tmp_path):
    path = release_dir / "ground_truth" / "dev.csv"
    path.write_text(path.read_text() + "103\n")
    result = run_job(make_train_job(), tmp_path / "out")
    assert f"{path} line" in result.error
    assert "is cut short" in result.error


def test_a_worker_outlives_every_bad_job(make_train_job, release_dir, tmp_path, monkeypatch):
    """Each ends with its sentence and nothing half-written; the same process then does its work."""
    from ml_worker.celery_app import run_job_message
    from ml_worker.training import fit

    def run_as_a_worker(name, **settings):
        job_dir = make_train_job(name, overrides={"epochs": 1}, **settings)
        run_job_message(str(job_dir), str(tmp_path / f"{name}-out"))
        return read_result(tmp_path / f"{name}-out")

    recording = release_dir / "dev_audio" / "100.flac"
    table = release_dir / "ground_truth" / "labels.csv"
    sound, rows = recording.read_bytes(), table.read_text()
    recording.unlink()
    assert "100.flac is missing" in run_as_a_worker("missing").error
    recording.write_bytes(b"no sound")
    assert "is not the recording its metadata names" in run_as_a_worker("broken-audio").error
    recording.write_bytes(sound)
    table.write_text("fname;mid\n")
    assert "has no column 'fname'" in run_as_a_worker("broken-release").error
    table.write_text(rows)
    with monkeypatch.context() as patch:
        patch.setattr(fit, "masked_bce", lambda *_: torch.tensor(float("nan")))
        assert "The loss became nan" in run_as_a_worker("nan").error
    bad = [p for p in tmp_path.glob("*-out") if [f.name for f in p.iterdir()] != ["result.json"]]
    assert bad == []
    assert run_as_a_worker("good").ok


@pytest.mark.parametrize("every_s", [-1, "often", True, None])
def test_a_wrong_time_between_checkpoints_is_refused(make_train_job, tmp_path, every_s):
    result = run_job(make_train_job(checkpoint_every_s=every_s), tmp_path / "out")
    assert "checkpoint_every_s is" in result.error


@pytest.mark.parametrize(
    "overrides",
    [
        {"class_weights": "inverse"},
        {"clip_norm": 0.1},
        {"precision": "float32"},
        {"n_band_masks": 2, "band_mask_bands": 20},
        {"random_offsets": True},
        {"schedule": "cosine"},
        {"band_shift": 8},
    ],
)
def test_each_option_of_a_recipe_changes_what_is_learnt(
    make_train_job, release_dir, tmp_path, overrides
):
    path = release_dir / "ground_truth" / "dev.csv"
    path.write_text(path.read_text().replace("103,Low,/m/low,train", "103,Middle,/m/middle,train"))
    once = {"epochs": 1}
    plain = run_job(make_train_job("plain", overrides=once), tmp_path / "plain-out")
    other = run_job(make_train_job("other", overrides=once | overrides), tmp_path / "other-out")
    changed = plain.files["model.safetensors"] != other.files["model.safetensors"]
    in_bf16 = "bfloat16" in plain.summary["device"]
    assert changed or (overrides == {"precision": "float32"} and not in_bf16)


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
    from ml_worker.training import fit

    nan = torch.tensor(float("nan"))
    monkeypatch.setattr(fit, "masked_bce", lambda *_: nan)
    result = run_job(make_train_job(), tmp_path / "out")
    assert "The loss became nan in epoch 1 at learning rate 0.002" in result.error


def test_what_is_not_defined_is_null_in_json():
    from ml_worker.metrics import evaluate
    from ml_worker.release import SoundClass

    metrics = evaluate(np.array([[True, False]]), np.array([[0.5, 0.5]]))
    classes = [SoundClass("A", "/m/a"), SoundClass("B", "/m/b")]
    value = describe_metrics(metrics, classes)
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert value["d_prime_of_mean_auc"] is None
    assert value["n_classes_left_out"] == 1
