"""The command line runs jobs without a broker."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import soundfile

from ml_worker.__main__ import main
from ml_worker.contract import JobKind, read_result


def test_analyse_shows_progress_and_a_summary(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", np.zeros(800), 8000)
    (tmp_path / "in" / "b.mp3").write_text("no sound")
    assert main(["analyse", str(tmp_path / "in"), str(tmp_path / "out")]) == 0
    output = capsys.readouterr()
    assert "n_ok: 1" in output.out
    assert "analysing: 2 of 2 clips" in output.err
    assert (tmp_path / "out" / "analysis.jsonl").is_file()


def test_a_refused_job_says_why_and_exits_with_1(make_job, tmp_path, capsys):
    job_dir = make_job(JobKind.TRAIN, {}, recipe="small_cnn")
    assert main(["run", str(job_dir), str(tmp_path / "out")]) == 1
    assert "names no input 'release'" in capsys.readouterr().err
    assert main(["run", str(tmp_path / "nowhere"), str(tmp_path / "out2")]) == 1
    assert "is not a folder" in capsys.readouterr().err


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_cleanly_and_the_job_can_be_run_again(
    make_job, release_dir, tmp_path, name, capsys
):
    overrides = {"epochs": 8, "patience": 8, "batch_size": 8}
    job_dir = make_job(
        JobKind.TRAIN,
        {"release": release_dir},
        recipe="small_cnn",
        overrides=overrides,
        device="cpu",
    )
    command = [sys.executable, "-m", "ml_worker", "run", job_dir, tmp_path / "out"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (job_dir / "work" / "checkpoint.safetensors").exists():
        time.sleep(0.02)
    process.send_signal(name)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1, errors
    assert "was stopped; run it again to go on" in errors
    assert not (tmp_path / "out").exists()
    assert main(["resume", str(job_dir), str(tmp_path / "out")]) == 0
    assert "Going on after" in capsys.readouterr().err
    assert read_result(tmp_path / "out").summary["n_epochs"] == 8


def test_there_must_be_something_to_go_on_with(make_job, release_dir, tmp_path, capsys):
    job_dir = make_job(JobKind.TRAIN, {"release": release_dir}, recipe="small_cnn")
    assert main(["resume", str(job_dir), str(tmp_path / "out")]) == 1
    assert "has no checkpoint to go on from; begin with: python -m ml_worker run" in (
        capsys.readouterr().err
    )
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "result.json").write_text("{}")
    assert main(["resume", str(job_dir), str(tmp_path / "out")]) == 1
    assert "there is nothing to go on with" in capsys.readouterr().err


def test_from_a_release_to_a_student_by_commands(release_dir, tmp_path, capsys):
    once = ["--set", "epochs=1", "--set", "batch_size=8", "--device", "cpu"]
    release, teacher, flags = str(release_dir), str(tmp_path / "teacher"), str(tmp_path / "flags")
    assert main(["train", release, teacher, *once]) == 0
    assert main(["score", release, teacher, str(tmp_path / "scores"), "--splits", "val"]) == 0
    assert main(["flag", release, teacher, flags, "--top-percent", "20"]) == 0
    student = ["train", release, str(tmp_path / "student"), *once, "--flags", flags]
    assert main([*student, "--flag-use", "random_mask", "--top-percent", "10"]) == 0
    assert "flag_use: random_mask" in capsys.readouterr().out
    assert (tmp_path / "scores" / "scores.npy").is_file()
    assert read_result(tmp_path / "student").summary["flag_top_percent"] == 10.0
