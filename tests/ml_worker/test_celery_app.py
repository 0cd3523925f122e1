"""Real workers on real brokers: messages may be lost, doubled or nonsense; results may not."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import redis
import soundfile
from celery import Celery
from kombu import Connection

import ml_worker
from ml_worker import folder_broker
from ml_worker.contract import (
    RUN_JOB_TASK,
    JobKind,
    Queue,
    broker_settings,
    is_claimed,
    read_result,
)
from ml_worker.folder_broker import Transport
from ml_worker.signs_of_life import read_signs_of_life

REDIS_URL = os.environ.get("HARKEN_TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
LONG = {"epochs": 15, "patience": 15, "batch_size": 8}
LIMIT_S = 90
LEAVE_S = 3.0
"""Half a second on a machine with nothing else to do; tests share theirs."""


class Workplace:
    """A broker, and workers started and killed at will."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "CELERY_BROKER_URL": url,
            "HARKEN_VAR_DIR": str(folder / "var"),
            "PYTHONPATH": str(Path(ml_worker.__file__).parents[1]),
        }
        self.workers: list[subprocess.Popen] = []
        self.site = Celery("site", set_as_current=False)
        self.site.conf.update(broker_settings(url, folder / "var"))

    def start_worker(self, queue: Queue = Queue.LEARNING) -> subprocess.Popen:
        with (self.folder / "worker.log").open("a") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "ml_worker", "worker", "--queue", queue],
                env=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        self.workers.append(worker)
        return worker

    def send(self, job_dir: Path, out_dir: Path, queue: Queue = Queue.LEARNING) -> None:
        arguments = [str(job_dir), str(out_dir)]
        self.site.send_task(RUN_JOB_TASK, args=arguments, queue=queue.value)

    def log(self) -> str:
        return (self.folder / "worker.log").read_text()

    def wait_for(self, condition, what: str) -> None:
        deadline_s = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < deadline_s, f"no {what} in {LIMIT_S} s:\n{self.log()}"
            time.sleep(0.05)

    def close(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()
        self.site.close()


@pytest.fixture(params=["filesystem", "redis"])
def workplace(request, tmp_path):
    url = "filesystem://"
    if request.param == "redis":
        url = REDIS_URL
        try:
            redis.Redis.from_url(url).flushdb()
        except redis.RedisError as error:
            pytest.skip(f"Redis is not reachable at {url} ({error}); start it to run this test.")
    place = Workplace(url, tmp_path)
    yield place
    place.close()


@pytest.fixture
def train_job(make_job, release_dir) -> Path:
    inputs = {"release": release_dir}
    return make_job(
        JobKind.TRAIN, inputs, "train", recipe="small_cnn", overrides=LONG, device="cpu", seed=5
    )


def has_epochs(job_dir: Path, n: int) -> bool:
    curves = job_dir / "curves.jsonl"
    return curves.exists() and len(curves.read_text().splitlines()) >= n


def test_a_killed_workers_job_goes_on_and_ends_once(workplace, train_job, make_job, tmp_path):
    out_dir = tmp_path / "out"
    killed = workplace.start_worker()
    workplace.send(tmp_path / "nowhere", tmp_path / "nowhere-out")
    workplace.send(train_job, out_dir)
    workplace.wait_for(lambda: has_epochs(train_job, 3), "third epoch")
    killed.kill()
    killed.wait()
    assert not out_dir.exists()
    assert not is_claimed(train_job)

    workplace.start_worker()
    workplace.send(train_job, out_dir)
    workplace.send(train_job, out_dir)
    last_job = make_job(JobKind.TRAIN, {}, "last")  # bad, and therefore soon over
    time.sleep(0.05)  # a folder's messages have the order of their milliseconds
    workplace.send(last_job, tmp_path / "last-out")
    workplace.wait_for(lambda: read_result(tmp_path / "last-out"), "end of the last job")
    assert "names no input" not in read_result(out_dir).error
    log = (train_job / "log.txt").read_text()
    assert (log.count("starts."), log.count("ended: ok")) == (2, 1)
    assert "Dropped a message that names no job" in workplace.log()

    spec = json.loads((train_job / "job.json").read_text())
    whole_job = tmp_path / "whole"
    whole_job.mkdir()
    (whole_job / "job.json").write_text(json.dumps(spec))
    command = [sys.executable, "-m", "ml_worker", "run", whole_job, tmp_path / "whole-out"]
    subprocess.run(command, env=workplace.environment, check=True, capture_output=True)
    for name in ("metrics.json", "model.safetensors"):
        expected = read_result(tmp_path / "whole-out").files[name]
        assert read_result(out_dir).files[name] == expected


@pytest.mark.parametrize("workplace", ["filesystem"], indirect=True)
def test_a_worker_asked_to_stop_leaves_its_job_to_the_next(workplace, train_job, tmp_path):
    out_dir = tmp_path / "out"
    stopped = workplace.start_worker()
    workplace.send(train_job, out_dir)
    workplace.wait_for(lambda: has_epochs(train_job, 2), "second epoch")
    stopped.send_signal(signal.SIGTERM)
    assert stopped.wait(LIMIT_S) == 0
    assert not out_dir.exists()
    workplace.start_worker()
    workplace.wait_for(lambda: read_result(out_dir), "result without a second message")
    assert read_result(out_dir).ok


@pytest.mark.parametrize("workplace", ["filesystem"], indirect=True)
def test_a_curation_worker_analyses_and_never_loads_torch(
    workplace, make_analysis_job, train_job, tmp_path
):
    soundfile.write(tmp_path / "a.wav", np.zeros(8000), 8000)
    workplace.start_worker(Queue.CURATION)
    workplace.send(train_job, tmp_path / "train-out")
    job_dir = make_analysis_job(tmp_path, ["a.wav"])
    workplace.send(job_dir, tmp_path / "out", Queue.CURATION)
    workplace.wait_for(lambda: read_result(tmp_path / "out"), "analysis")
    result = read_result(tmp_path / "out")
    assert result.summary["n_ok"] == 1
    assert "torch" not in result.made_by
    assert not (train_job / "progress.json").exists()


def test_an_idle_worker_shows_it_lives_and_leaves_when_asked(workplace):
    """The folder's broker used to hold a worker for two more rounds of two seconds each."""
    signs = workplace.folder / "var" / "workers"
    worker = workplace.start_worker()
    workplace.wait_for(lambda: "ready." in workplace.log(), "worker")
    assert [sign.name for sign in read_signs_of_life(signs.parent)] == ["learning"]
    time.sleep(0.5)
    asked_at = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(LIMIT_S) == 0
    assert time.monotonic() - asked_at < LEAVE_S
    assert list(signs.iterdir()) == []


def test_the_folders_broker_delivers_nothing_once_the_worker_is_to_leave(monkeypatch, tmp_path):
    transport = Connection(
        "filesystem://", transport=f"{Transport.__module__}:{Transport.__name__}"
    ).transport
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        transport.drain_events(None, timeout=60)
    monkeypatch.setattr(folder_broker.leaving, "is_set", lambda: True)
    monkeypatch.setattr(transport.cycle, "get", lambda *_, **__: pytest.fail("it looked"))
    with pytest.raises(TimeoutError):
        transport.drain_events(None, timeout=60)
    assert time.monotonic() - began < 10
