"""A result folder is complete or absent, and every ended job says how it ended."""

import errno
import json
import platform
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ml_worker import runner
from ml_worker.contract import (
    AlreadyClaimed,
    ContractError,
    JobKind,
    claim_job,
    clear_for_retry,
    is_cancel_requested,
    is_claimed,
    read_progress,
    read_result,
    request_cancel,
)
from ml_worker.job_context import JobContext, JobInterrupted, JobRefused
from ml_worker.resources import code_digest
from ml_worker.runner import run_job


@pytest.fixture
def job_dir(make_job, tmp_path):
    return make_job(JobKind.ANALYSE, {"root": tmp_path})


@pytest.fixture
def work(monkeypatch):
    """Replace what a kind does by a function of the context."""

    def replace(function):
        module = type("Kind", (), {"run": staticmethod(function)})
        monkeypatch.setattr(runner.importlib, "import_module", lambda name: module)

    return replace


def test_a_finished_job_names_every_file_with_its_sha256(job_dir, tmp_path, work):
    def make_files(context: JobContext) -> dict:
        (context.result_dir / "inner").mkdir()
        (context.result_dir / "inner" / "a.txt").write_text("abc")
        return {"n": 1}

    work(make_files)
    result = run_job(job_dir, tmp_path / "deep" / "out")
    assert result.ok
    assert result.summary == {"n": 1}
    # The sha256 of "abc" is the example of FIPS 180-2.
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert result.files == {"inner/a.txt": expected}
    assert read_result(tmp_path / "deep" / "out") == result
    assert not is_claimed(job_dir)


def test_a_finished_job_is_not_run_again(job_dir, tmp_path, work):
    calls = []
    work(lambda context: calls.append(1) or {})
    assert run_job(job_dir, tmp_path / "out") == run_job(job_dir, tmp_path / "out")
    assert len(calls) == 1


def test_bad_input_ends_with_its_sentence_and_no_other_file(job_dir, tmp_path, work):
    def refuse(context: JobContext) -> dict:
        (context.result_dir / "half").touch()
        raise JobRefused("The release lacks dev.csv; build it again.")

    work(refuse)
    result = run_job(job_dir, tmp_path / "out")
    assert (result.ok, result.error) == (False, "The release lacks dev.csv; build it again.")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["result.json"]


def test_an_unexpected_error_ends_with_a_sentence_and_a_traceback_in_the_log(
    job_dir, tmp_path, work
):
    work(lambda context: 1 / 0)
    result = run_job(job_dir, tmp_path / "out")
    assert not result.ok
    assert result.error.startswith("The worker failed: ZeroDivisionError")
    assert str(job_dir / "log.txt") in result.error
    assert "Traceback" in (job_dir / "log.txt").read_text()


def test_a_stopped_job_has_no_result_and_can_be_run_again(job_dir, tmp_path, work):
    stop = threading.Event()

    def stop_once(context: JobContext) -> dict:
        (context.result_dir / "half").touch()
        context.check_stop()
        return {}

    work(stop_once)
    stop.set()
    with pytest.raises(JobInterrupted):
        run_job(job_dir, tmp_path / "out", stop=stop)
    assert not (tmp_path / "out").exists()
    assert run_job(job_dir, tmp_path / "out").files.keys() == {"half"}


def test_a_cancelled_job_ends_with_a_sentence_and_can_be_started_again(job_dir, tmp_path, work):
    def be_cancelled(context: JobContext) -> dict:
        context.progress.start("thinking", total=9, unit="thoughts", done=4)
        (context.result_dir / "half").touch()
        if not is_cancel_requested(job_dir) and not (job_dir / "work" / "kept").exists():
            (context.work_dir / "kept").touch()
            request_cancel(job_dir)
            while True:
                context.check_stop()
                time.sleep(0.01)
        return {}

    work(be_cancelled)
    result = run_job(job_dir, tmp_path / "out")
    assert (result.ok, result.cancelled) == (False, True)
    assert result.error == "Cancelled while thinking at 4 of 9 thoughts; start it again to go on."
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["result.json"]
    assert run_job(job_dir, tmp_path / "out") == result

    clear_for_retry(job_dir, tmp_path / "out")
    again = run_job(job_dir, tmp_path / "out")
    assert (again.ok, again.cancelled, set(again.files)) == (True, False, {"half"})
    with pytest.raises(ContractError, match="holds a good result; start a new job instead"):
        clear_for_retry(job_dir, tmp_path / "out")


def test_a_job_cancelled_in_the_queue_never_begins(job_dir, tmp_path, work):
    work(lambda context: pytest.fail("it began"))
    request_cancel(job_dir)
    result = run_job(job_dir, tmp_path / "out")
    assert result.cancelled
    assert "Cancelled before it began" in result.error


def test_a_running_job_is_not_made_ready_to_be_started_again(job_dir, tmp_path):
    with claim_job(job_dir), pytest.raises(AlreadyClaimed):
        clear_for_retry(job_dir, tmp_path / "out")


def test_a_full_disk_is_told_and_leaves_nothing_behind(job_dir, tmp_path, work):
    def fill_the_disk(context: JobContext) -> dict:
        (context.result_dir / "half").write_text("half")
        Path("/dev/full").write_text("no room")  # the kernel's own "No space left on device"
        return {}

    work(fill_the_disk)
    result = run_job(job_dir, tmp_path / "out")
    assert "is full; make room and start the job again" in result.error
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["result.json"]
    assert [p.name for p in (job_dir / "work").iterdir()] == []


def test_a_disk_that_fills_with_the_last_file_is_told_too(job_dir, tmp_path, work, monkeypatch):
    move, moved = runner._move_folder, []

    def move_what_fits(source, target):
        if not moved:
            moved.append(source)
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        move(source, target)

    work(lambda context: (context.result_dir / "large").touch() or {"n": 1})
    monkeypatch.setattr(runner, "_move_folder", move_what_fits)
    result = run_job(job_dir, tmp_path / "out")
    assert result.error.startswith(f"The disk that holds {tmp_path / 'out'} is full")
    assert (result.ok, result.summary, result.files) == (False, {}, {})
    assert read_result(tmp_path / "out") == result


def test_a_result_says_what_made_it_and_what_it_took(job_dir, tmp_path, work):
    def take_memory(context: JobContext) -> dict:
        del_me = np.ones(2**25)  # 256 MiB
        time.sleep(0.05)
        return {"sum": float(del_me.sum())}

    work(take_memory)
    result = run_job(job_dir, tmp_path / "out")
    assert result.made_by["code"] == code_digest()
    assert len(code_digest()) == 64
    assert result.made_by["python"] == platform.python_version()
    assert result.made_by["processor"]
    assert result.used["seconds"] >= 0.05
    assert 2**28 < result.used["peak_memory_bytes"] < 2**35
    work(lambda context: {})
    (tmp_path / "again").mkdir()
    shutil.copy(job_dir / "job.json", tmp_path / "again")
    small = run_job(tmp_path / "again", tmp_path / "small")
    assert small.used["peak_memory_bytes"] < result.used["peak_memory_bytes"]


def test_a_job_that_another_process_runs_is_left_alone(job_dir, tmp_path, work, monkeypatch):
    monkeypatch.setattr(runner, "CLAIM_PATIENCE_S", 0.1)
    work(lambda context: {})
    with claim_job(job_dir), pytest.raises(AlreadyClaimed):
        run_job(job_dir, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_asking_whether_a_job_is_claimed_does_not_turn_a_worker_away(job_dir, tmp_path, work):
    work(lambda context: {})
    with claim_job(job_dir):
        threading.Timer(0.2, lambda: None).start()
        thread = threading.Thread(target=run_job, args=(job_dir, tmp_path / "out"))
        thread.start()
        time.sleep(0.2)
    thread.join()
    assert read_result(tmp_path / "out").ok


def test_progress_is_written_while_a_job_is_silent(job_dir, tmp_path, work):
    beats = []

    def be_silent(context: JobContext) -> dict:
        context.progress.start("thinking", total=4, unit="thoughts")
        context.progress.advance()
        time.sleep(2.2)
        beats.append(read_progress(job_dir))
        return {}

    work(be_silent)
    run_job(job_dir, tmp_path / "out")
    assert (beats[0].stage, beats[0].done, beats[0].total) == ("thinking", 1, 4)
    assert time.time() - beats[0].at < 2


@pytest.mark.parametrize("content", [None, "no json", "[]", '{"kind": "dance"}'])
def test_a_job_that_cannot_be_read_is_an_error_of_the_contract(job_dir, tmp_path, content):
    (job_dir / "job.json").unlink()
    if content is not None:
        (job_dir / "job.json").write_text(content)
    with pytest.raises(ContractError, match=r"job\.json"):
        run_job(job_dir, tmp_path / "out")


def test_missing_folders_and_occupied_results_are_refused(job_dir, tmp_path):
    with pytest.raises(ContractError, match="not a folder"):
        run_job(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious.txt").touch()
    with pytest.raises(ContractError, match=r"holds no result\.json"):
        run_job(job_dir, tmp_path / "out")


def test_an_input_that_is_missing_is_named(make_job, tmp_path):
    result = run_job(make_job(JobKind.ANALYSE, {}, "a"), tmp_path / "out-a")
    assert "names no input 'root'" in result.error
    result = run_job(make_job(JobKind.FLAG, {"release": tmp_path / "x"}, "b"), tmp_path / "out-b")
    assert "no folder that the worker can see" in result.error


def test_analysing_never_loads_torch_celery_or_django(make_analysis_job, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(800), 8000)
    job_dir = make_analysis_job(tmp_path, ["a.wav"])
    program = f"""
import json, sys
from pathlib import Path
import ml_worker.analysis
from ml_worker.runner import run_job
if __name__ == "__main__":
    result = run_job(Path({str(job_dir)!r}), Path({str(tmp_path / "out")!r}))
    names = ["torch", "torchaudio", "celery", "django"]
    print(json.dumps([result.ok, [n for n in names if n in sys.modules]]))
"""
    script = tmp_path / "program.py"
    script.write_text(program)
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, env=_with_root()
    )
    assert json.loads(done.stdout) == [True, []]


def _with_root() -> dict[str, str]:
    import os

    return os.environ | {"PYTHONPATH": str(Path(runner.__file__).parents[1])}
