"""Two processes that torchrun starts train one network, and the first alone writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ml_worker
from ml_worker.contract import JobKind, read_result
from ml_worker.training.parallel import Group
from ml_worker.training.ranks import Rank, own_rank

RUN = [
    *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
    *("-m", "ml_worker", "run"),
]


@pytest.fixture
def train_in_two(make_job, release_dir, tmp_path):
    def train(name="job", **overrides):
        job_dir = make_job(
            JobKind.TRAIN,
            {"release": release_dir},
            name,
            recipe="small_cnn",
            overrides={"epochs": 3, "batch_size": 8} | overrides,
            device="cpu",
            seed=2,
        )
        environment = os.environ | {
            "PYTHONPATH": str(Path(ml_worker.__file__).parents[1]),
            "OMP_NUM_THREADS": "1",
        }
        done = subprocess.run(
            [*RUN, job_dir, tmp_path / f"{name}-out"],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done, job_dir, tmp_path / f"{name}-out"

    return train


def test_two_processes_train_one_network_and_one_of_them_writes(train_in_two):
    done, job_dir, out_dir = train_in_two()
    assert done.returncode == 0, done.stderr
    result = read_result(out_dir)
    assert result.ok, result.error
    assert result.summary["device"].startswith("2 x cpu")
    assert result.summary["n_epochs"] == 3
    assert set(result.files) == {p.name for p in out_dir.iterdir()} - {"result.json"}
    curves = [json.loads(line) for line in (out_dir / "curves.jsonl").read_text().splitlines()]
    assert curves[-1]["train_loss"] < curves[0]["train_loss"]
    log = (job_dir / "log.txt").read_text()
    assert (log.count("starts."), log.count("ended: ok")) == (1, 1)
    assert [p.name for p in (job_dir / "work").iterdir()] == ["checkpoint.safetensors"]
    assert done.stdout.count("result: ") == 1


def test_what_one_process_refuses_ends_all(train_in_two):
    done, _, out_dir = train_in_two(model="resnet")
    assert done.returncode != 0
    assert "Model 'resnet' is not known" in read_result(out_dir).error


def test_a_process_alone_is_the_first_and_agrees_with_itself(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    assert own_rank() == Rank(0, 1, 0)
    group = Group()
    assert group.any(True, False) == [True, False]
    assert (group.sum(2.5), group.from_first(3.5)) == (2.5, 3.5)
