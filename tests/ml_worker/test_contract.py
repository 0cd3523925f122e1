"""The contract between site and worker: files that are whole or absent, and one claim."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_worker.contract import (
    CONTRACT_VERSION,
    QUEUE_OF_KIND,
    AlreadyClaimed,
    ContractError,
    JobKind,
    JobProgress,
    JobResult,
    JobSpec,
    broker_settings,
    claim_job,
    is_claimed,
    read_job,
    read_progress,
    read_result,
    write_job,
    write_json_atomically,
    write_progress,
    write_result,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
SPEC = JobSpec("job-1", JobKind.TRAIN, {"release": "/r"}, {"recipe": "small_cnn"}, seed=3)
HOLD = (
    "import sys, time; from pathlib import Path; from ml_worker.contract import claim_job\n"
    "with claim_job(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
)


class TestAJob:
    def test_it_is_read_as_it_was_written(self, tmp_path):
        write_job(tmp_path / "job", SPEC)
        assert read_job(tmp_path / "job") == SPEC

    @given(settings=st.dictionaries(st.text(max_size=5), JSON), seed=st.integers(0, 2**63 - 1))
    def test_whatever_its_settings_it_is_read_as_it_was_written(
        self, tmp_path_factory, settings, seed
    ):
        folder = tmp_path_factory.mktemp("job")
        spec = JobSpec("x", JobKind.FLAG, {"run": "/ü"}, settings, seed)
        write_job(folder, spec)
        assert read_job(folder) == spec

    def test_every_kind_has_a_queue(self):
        assert QUEUE_OF_KIND.keys() == set(JobKind)

    def test_a_folder_without_one_is_refused_by_its_path(self, tmp_path):
        with pytest.raises(ContractError, match=r"job\.json cannot be read"):
            read_job(tmp_path)

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("{", "cannot be read"),
            ("[]", "must hold a JSON object"),
            (
                '{"kind": "dance"}',
                "kind 'dance' is not one of analyse, train, evaluate, score, embed, flag",
            ),
            ('{"job_id": "1"}', "kind None is not one of"),
            ('{"job_id": "1", "kind": "train"}', "'inputs' and 'settings' must be objects"),
            ('{"job_id": "1", "kind": "train", "inputs": []}', "must be objects"),
            ('{"contract": 99}', "of contract version 99; this side speaks 1. Install the same"),
        ],
    )
    def test_one_that_cannot_be_understood_is_refused_with_the_reason(
        self, tmp_path, content, reason
    ):
        (tmp_path / "job.json").write_text(content)
        with pytest.raises(ContractError, match=reason):
            read_job(tmp_path)


class TestAResult:
    def test_it_is_absent_until_it_is_complete(self, tmp_path):
        assert read_result(tmp_path) is None
        result = JobResult("job-1", JobKind.TRAIN, ok=True, summary={"eval_map": 0.5})
        write_result(tmp_path, result)
        assert read_result(tmp_path) == result

    def test_keys_that_this_side_does_not_know_are_passed_over(self, tmp_path):
        write_result(tmp_path, JobResult("job-1", JobKind.TRAIN, ok=False, error="No."))
        path = tmp_path / "result.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "mood": "good"}))
        assert read_result(tmp_path).error == "No."

    def test_one_of_another_version_is_refused(self, tmp_path):
        write_result(
            tmp_path, JobResult("1", JobKind.TRAIN, ok=True, contract=CONTRACT_VERSION + 1)
        )
        with pytest.raises(ContractError, match="Install the same release of Harken on both"):
            read_result(tmp_path)


class TestProgress:
    def test_it_is_stamped_with_the_time_of_writing(self, tmp_path):
        assert read_progress(tmp_path) is None
        before = time.time()
        write_progress(tmp_path, JobProgress("training", 3, 10, "steps", message="epoch 1"))
        found = read_progress(tmp_path)
        assert (found.stage, found.done, found.total, found.message) == (
            "training",
            3,
            10,
            "epoch 1",
        )
        assert before <= found.at <= time.time()

    def test_a_reader_never_sees_half_a_file(self, tmp_path):
        path = tmp_path / "progress.json"
        stop = threading.Event()

        def write() -> None:
            while not stop.is_set():
                for letter in "ab":
                    write_json_atomically(path, letter * 200_000)

        write_json_atomically(path, "a" * 200_000)
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(200):
                assert len(set(json.loads(path.read_text()))) == 1
        finally:
            stop.set()
            writer.join()
        assert [p.name for p in tmp_path.iterdir()] == ["progress.json"]


class TestTheClaim:
    def test_only_one_holds_a_job(self, tmp_path):
        assert not is_claimed(tmp_path)
        with claim_job(tmp_path):
            assert is_claimed(tmp_path)
            with pytest.raises(AlreadyClaimed), claim_job(tmp_path, patience_s=0.05):
                pass
        assert not is_claimed(tmp_path)

    def test_patience_outlasts_a_moment(self, tmp_path):
        held = threading.Event()

        def hold() -> None:
            with claim_job(tmp_path):
                held.set()
                time.sleep(0.1)

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait(5)
        with claim_job(tmp_path, patience_s=5):
            pass
        holder.join()

    def test_a_process_that_is_killed_lets_go(self, tmp_path):
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert holder.stdout.readline().strip() == "held"
            assert is_claimed(tmp_path)
        finally:
            holder.kill()
            holder.communicate()
        assert not is_claimed(tmp_path)


class TestTheBroker:
    def test_the_embedded_one_lies_in_the_var_folder_ready_for_use(self, tmp_path):
        options = broker_settings("filesystem://", tmp_path)["broker_transport_options"]
        assert options["data_folder_in"] == options["data_folder_out"]
        assert all(Path(folder).is_dir() for folder in options.values())
        assert all(Path(folder).is_relative_to(tmp_path) for folder in options.values())

    def test_any_other_address_is_passed_on(self, tmp_path):
        assert broker_settings("redis://h:1/2", tmp_path)["broker_url"] == "redis://h:1/2"
        assert list(tmp_path.iterdir()) == []


def test_the_contract_loads_nothing_but_the_standard_library():
    code = "import ml_worker.contract, sys; print([m for m in sys.modules if m in %r])"
    outside = ["numpy", "django", "celery", "torch", "soundfile"]
    done = subprocess.run(
        [sys.executable, "-c", code % outside], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("name", "read"), [("job.json", read_job), ("result.json", read_result)])
def test_a_file_that_lacks_a_key_ends_in_a_sentence(tmp_path, name, read):
    write_json_atomically(tmp_path / name, {"kind": "train", "inputs": {}})
    with pytest.raises(ContractError, match="lacks job_id"):
        read(tmp_path)


def test_progress_without_its_counts_ends_in_a_sentence(tmp_path):
    write_json_atomically(tmp_path / "progress.json", {"stage": "training"})
    with pytest.raises(ContractError, match="lacks done, total, unit"):
        read_progress(tmp_path)
