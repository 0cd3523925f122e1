"""Jobs are cancelled and tried again, from whatever state they are in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from datasets_app.audit.models import AuditEvent
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs import dispatch
from datasets_app.jobs.control import can_go_on, cancel_job, retry_job
from datasets_app.jobs.dispatch import create_job, observe_job, send_job
from datasets_app.jobs.following import follow_open_jobs
from datasets_app.jobs.models import Job
from ml_worker.contract import (
    JobKind,
    JobProgress,
    JobResult,
    claim_job,
    is_cancel_requested,
    write_progress,
    write_result,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """The job folders whose messages went out; nobody receives them."""
    messages: list[str] = []
    monkeypatch.setattr(
        dispatch.current_app, "send_task", lambda name, args, queue: messages.append(args[0])
    )
    return messages


@pytest.fixture
def job(collection, sent) -> Job:
    made = create_job(kind=JobKind.TRAIN, collection=collection, inputs={"release": "/r"})
    send_job(made)
    return made


@pytest.fixture
def end(job) -> Callable[..., None]:
    """Let a worker end the job, and the records follow."""

    def leave(**fields) -> None:
        Path(job.out_dir).mkdir(parents=True)
        write_result(Path(job.out_dir), JobResult(str(job.uuid), JobKind.TRAIN, **fields))
        list(follow_open_jobs())
        job.refresh_from_db()

    return leave


def test_a_waiting_job_is_cancelled_at_once(job):
    cancel_job(job=job, actor=None)
    assert job.state == JobState.CANCELLED
    assert job.finished_at is not None
    assert is_cancel_requested(Path(job.job_dir))  # a message that still comes ends it too


def test_a_running_job_is_cancelled_when_its_worker_has_ended_it(job, end):
    with claim_job(Path(job.job_dir)):
        write_progress(Path(job.job_dir), JobProgress("training", 1, 10, "steps"))
        observe_job(job)
        cancel_job(job=job, actor=None)
        assert job.state == JobState.RUNNING
    end(ok=False, cancelled=True, error="Cancelled.")
    assert (job.state, job.error) == (JobState.CANCELLED, "")


@pytest.mark.parametrize("state", [JobState.FINISHED, JobState.FAILED, JobState.CANCELLED])
def test_what_has_ended_cannot_be_cancelled(job, state):
    Job.objects.filter(pk=job.pk).update(state=state.value)
    job.refresh_from_db()
    with pytest.raises(ValueError, match=f"is {state}"):
        cancel_job(job=job, actor=None)


def test_a_cancelled_job_goes_on_from_what_was_done(job, sent, end):
    checkpoint = Path(job.job_dir) / "work" / "checkpoint.safetensors"
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(b"so far")
    end(ok=False, cancelled=True, error="Cancelled.")
    assert can_go_on(job=job)
    retry_job(job=job, actor=None)
    assert (job.state, job.error, job.finished_at) == (JobState.QUEUED, "", None)
    assert checkpoint.exists()
    assert not is_cancel_requested(Path(job.job_dir))
    assert not Path(job.out_dir).exists()
    assert len(sent) == 2


def test_from_the_start_gives_up_what_was_done(job, end):
    work = Path(job.job_dir) / "work"
    work.mkdir()
    (work / "checkpoint").touch()
    end(ok=False, error="The disk is full.")
    assert job.error == "The disk is full."
    retry_job(job=job, actor=None, from_start=True)
    assert not work.exists()


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.FINISHED])
def test_only_what_failed_or_was_cancelled_runs_again(job, sent, state):
    Job.objects.filter(pk=job.pk).update(state=state.value)
    job.refresh_from_db()
    with pytest.raises(ValueError, match=f"is {state}"):
        retry_job(job=job, actor=None)
    assert len(sent) == 1


def test_two_who_press_at_once_send_it_once(job, sent, end):
    end(ok=False, error="No.")
    mine, yours = Job.objects.get(pk=job.pk), Job.objects.get(pk=job.pk)
    retry_job(job=mine, actor=None)
    retry_job(job=yours, actor=None)
    assert yours.state == JobState.QUEUED
    assert len(sent) == 2


def test_a_worker_that_still_ends_it_is_waited_for(job, end):
    end(ok=False, error="No.")
    with claim_job(Path(job.job_dir)), pytest.raises(ValueError, match="try again in a moment"):
        retry_job(job=job, actor=None)
    assert job.state == JobState.FAILED


def test_a_job_whose_result_could_not_be_taken_in_runs_again(job, end):
    end(ok=True, summary={"eval_map": float("nan")})
    assert job.state == JobState.FAILED
    assert "must be finite" in job.error
    retry_job(job=job, actor=None)
    assert job.state == JobState.QUEUED
    assert not Path(job.out_dir).exists()


def test_a_job_whose_folder_is_gone_says_so(job, end):
    end(ok=False, error="No.")
    (Path(job.job_dir) / "job.json").unlink()
    with pytest.raises(ValueError, match="folder of this job is gone"):
        retry_job(job=job, actor=None)


def test_both_are_on_record(job):
    cancel_job(job=job, actor=None)
    retry_job(job=job, actor=None)
    verbs = AuditEvent.objects.filter(record_type="job").values_list("verb", flat=True)
    assert {"cancel_job", "retry_job"} <= set(verbs)
