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
def test_a_signal_stops_cleanly_and_the_job_can_be_run_again(make_job, release_dir, tmp_path, name):
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
    assert main(["run", str(job_dir), str(tmp_path / "out")]) == 0
    assert read_result(tmp_path / "out").summary["n_epochs"] == 8
