"""Small recordings, jobs and releases, made anew for each test."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ml_worker.contract import JobKind, JobResult, JobSpec, write_job
from ml_worker.runner import run_job

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the runner does, before torch is loaded
RATE_HZ = 22_050
CLASSES = (("Low", "/m/low", 300.0), ("Middle", "/m/middle", 1500.0), ("High", "/m/high", 6000.0))


def tone(frequency_hz: float, duration_s: float, seed: int = 0) -> np.ndarray:
    """A tone with some noise, so that no two clips are alike."""
    t = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(seed).normal(0, 0.02, len(t))
    return (0.3 * np.sin(2 * np.pi * frequency_hz * t) + noise).astype(np.float32)


@pytest.fixture(autouse=True)
def var_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARKEN_VAR_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


@pytest.fixture
def make_job(tmp_path: Path) -> Callable[..., Path]:
    """Write a job folder and return it."""

    def make(kind: JobKind, inputs: dict[str, Path], name: str = "job", **settings) -> Path:
        job_dir = tmp_path / name
        seed = settings.pop("seed", 0)
        paths = {key: str(path) for key, path in inputs.items()}
        write_job(job_dir, JobSpec(name, kind, paths, settings, seed))
        return job_dir

    return make


@pytest.fixture
def make_analysis_job(make_job) -> Callable[..., Path]:
    def make(root: Path, files: list[str], name: str = "job", **settings) -> Path:
        job_dir = make_job(JobKind.ANALYSE, {"root": root}, name, **settings)
        lines = [json.dumps({"clip_id": f"id-{f}", "file": f}) + "\n" for f in files]
        (job_dir / "clips.jsonl").write_text("".join(lines))
        return job_dir

    return make


@pytest.fixture
def release_dir(tmp_path: Path) -> Path:
    """A release of three tones: 12 train, 6 val and 6 eval clips of 1.2 s, one class each."""
    return write_release(tmp_path / "release")


def write_release(folder: Path) -> Path:
    for name in ("ground_truth", "metadata", "dev_audio", "eval_audio"):
        (folder / name).mkdir(parents=True)
    rows: dict[str, list[list[str]]] = {"dev": [], "eval": []}
    infos: dict[str, dict] = {"dev": {}, "eval": {}}
    splits = ["train"] * 12 + ["val"] * 6 + ["eval"] * 6
    for number, split in enumerate(splits):
        part = "eval" if split == "eval" else "dev"
        label, mid, frequency_hz = CLASSES[number % 3]
        fname, file = str(100 + number), f"{part}_audio/{100 + number}.flac"
        soundfile.write(folder / file, tone(frequency_hz, 1.2, number), RATE_HZ)
        sha256 = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        infos[part][fname] = {"file": file, "sha256": sha256, "title": f"{label} {number}"}
        rows[part].append([fname, label, mid] + ([split] if part == "dev" else []))
    truth = folder / "ground_truth"
    for part, header in (("dev", ["fname", "labels", "mids", "split"]), ("eval", None)):
        write_rows(truth / f"{part}.csv", [header or ["fname", "labels", "mids"], *rows[part]])
        (folder / "metadata" / f"{part}_clips_info.json").write_text(json.dumps(infos[part]))
    vocabulary = [[str(i), label, mid] for i, (label, mid, _) in enumerate(CLASSES)]
    write_rows(truth / "vocabulary.csv", vocabulary)
    answers = [["100", "/m/low", "positive", "rated"], ["100", "/m/high", "negative", "rated"]]
    answers += [["101", "/m/low", "undecided", "rated"]]
    write_rows(truth / "labels.csv", [["fname", "mid", "state", "origin"], *answers])
    return folder


def write_rows(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle, lineterminator="\n").writerows(rows)


SMALL = {"epochs": 6, "batch_size": 8}


@pytest.fixture(scope="session")
def shared_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A release and a run on it, made once; copy before changing (``finished_run``)."""
    folder = tmp_path_factory.mktemp("shared")
    release = write_release(folder / "release")
    settings = {
        "recipe": "small_cnn",
        "overrides": SMALL,
        "device": "cpu",
        "features_dir": str(folder / "features"),
    }
    spec = JobSpec("shared", JobKind.TRAIN, {"release": str(release)}, settings, seed=1)
    write_job(folder / "job", spec)
    result = run_job(folder / "job", folder / "run")
    assert result.ok, result.error
    return release, folder / "run"


@pytest.fixture
def finished_run(shared_run: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """A release and a train job's result on it, free to be changed."""
    release, run = shared_run
    shutil.copytree(release, tmp_path / "run-release")
    shutil.copytree(run, tmp_path / "run")
    return tmp_path / "run-release", tmp_path / "run"


@pytest.fixture(scope="session")
def shared_evaluation(
    shared_run: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An evaluate job's result of ``shared_run``, made once (``finished_evaluation``)."""
    release, run = shared_run
    folder = tmp_path_factory.mktemp("shared-evaluation")
    settings = {"device": "cpu", "n_replicates": 200, "features_dir": str(folder / "features")}
    inputs = {"release": str(release), "run": str(run)}
    write_job(folder / "job", JobSpec("shared", JobKind.EVALUATE, inputs, settings))
    result = run_job(folder / "job", folder / "evaluation")
    assert result.ok, result.error
    return folder / "evaluation"


@pytest.fixture
def finished_evaluation(shared_evaluation: Path, finished_run, tmp_path: Path) -> tuple[Path, Path]:
    """A release and an evaluate job's result on it, free to be changed."""
    shutil.copytree(shared_evaluation, tmp_path / "evaluation-of-run")
    return finished_run[0], tmp_path / "evaluation-of-run"


@pytest.fixture
def run_flag_job(make_job, tmp_path) -> Callable[..., tuple[JobResult, Path]]:
    def run(release: Path, run_dir: Path, **settings) -> tuple[JobResult, Path]:
        inputs = {"release": release, "run": run_dir}
        job_dir = make_job(JobKind.FLAG, inputs, "flag-job", device="cpu", **settings)
        return run_job(job_dir, tmp_path / "flag-out"), tmp_path / "flag-out"

    return run
