"""Jobs end exactly once: lost ones are sent again, and two who follow one do not both finish it."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from datasets_app.domain.jobs.job_lifecycle import (
    ENDED,
    JOB_TRANSITIONS,
    JobState,
    check_job_can_move,
    lifecycle_diagram,
)
from datasets_app.jobs import dispatch
from datasets_app.jobs.dispatch import (
    BrokerSilent,
    JobFailed,
    create_job,
    end_job,
    finish_job_once,
    move_job,
    observe_job,
    send_job,
    wait_for_job,
)
from datasets_app.jobs.following import follow_open_jobs
from datasets_app.jobs.models import Job
from ml_worker.contract import (
    JobKind,
    JobProgress,
    JobResult,
    claim_job,
    read_job,
    write_progress,
    write_result,
)

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def make_job(collection) -> Callable[..., Job]:
    def make(kind: JobKind = JobKind.TRAIN) -> Job:
        return create_job(kind=kind, collection=collection, inputs={"release": "/nowhere"})

    return make


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """The job folders whose messages went out; nobody receives them."""
    messages: list[str] = []
    monkeypatch.setattr(
        dispatch.current_app,
        "send_task",
        lambda name, args, queue: messages.append(args[0]),
    )
    return messages


@pytest.fixture
def silence_s(settings) -> float:
    settings.WORKER_SILENCE_S = 0.2
    return 0.2


def leave_result(job: Job, *, ok: bool = True, error: str = "", **summary: object) -> JobResult:
    Path(job.out_dir).mkdir(parents=True)
    result = JobResult(str(job.uuid), JobKind(job.kind), ok=ok, error=error, summary=summary)
    write_result(Path(job.out_dir), result)
    return result


def beat(job: Job, *, done: int = 1) -> None:
    write_progress(Path(job.job_dir), JobProgress("training", done, 10, "steps"))


@contextmanager
def worker_holding(job: Job) -> Iterator[None]:
    """A living worker has claimed the job and told how far it is."""
    with claim_job(Path(job.job_dir)):
        beat(job)
        yield


def finish(job: Job, result: JobResult) -> None:
    end_job(job, JobState.FINISHED, summary=dict(result.summary))


def test_the_diagram_in_the_docs_is_the_table_in_the_code():
    page = (ROOT / "docs" / "job-lifecycle.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{lifecycle_diagram()}```\n" in page


@pytest.mark.parametrize("current", JobState)
@pytest.mark.parametrize("to", JobState)
def test_the_rule_allows_exactly_what_the_table_lists(current, to):
    if to in JOB_TRANSITIONS[current]:
        check_job_can_move(current, to)
    else:
        with pytest.raises(ValueError, match=f"A {current} job cannot become {to}"):
            check_job_can_move(current, to)


@pytest.mark.django_db
class TestAJobsMoves:
    @pytest.mark.parametrize("current", JobState)
    @pytest.mark.parametrize("to", JobState)
    def test_the_record_moves_as_the_table_says_and_not_otherwise(self, make_job, current, to):
        job = make_job()
        Job.objects.filter(pk=job.pk).update(state=current.value)
        moved = move_job(job, to, error="changed")
        assert moved == (to in JOB_TRANSITIONS[current])
        stored = Job.objects.get(pk=job.pk)
        assert stored.state == (to if moved else current)
        assert stored.error == ("changed" if moved else "")

    def test_what_counts_is_the_record_and_not_an_old_copy_of_it(self, make_job):
        mine = make_job()
        yours = Job.objects.get(pk=mine.pk)
        assert move_job(mine, JobState.FINISHED)
        assert not move_job(yours, JobState.FAILED, error="too late")
        assert (yours.state, yours.error) == (JobState.FINISHED, "")

    def test_a_new_job_is_queued_with_its_folder_written(self, make_job):
        job = make_job()
        assert (job.state, job.n_sent) == (JobState.QUEUED, 0)
        spec = read_job(Path(job.job_dir))
        assert (spec.job_id, spec.kind) == (str(job.uuid), JobKind.TRAIN)

    def test_a_job_that_a_worker_holds_is_running(self, make_job, sent):
        job = make_job()
        send_job(job)
        with worker_holding(job):
            assert observe_job(job) is None
        assert job.state == JobState.RUNNING

    def test_the_look_of_another_follower_is_not_taken_for_a_worker(self, make_job, sent):
        job = make_job()
        send_job(job)
        with claim_job(Path(job.job_dir)):  # held for an instant, and no worker has begun
            observe_job(job)
        assert job.state == JobState.QUEUED

    def test_a_job_whose_folder_is_gone_fails_and_says_so(self, make_job, sent):
        job, other = make_job(), make_job()
        Path(job.job_dir, "job.json").unlink()
        Path(job.job_dir).rmdir()
        leave_result(other)
        assert {j.state for j in follow_open_jobs()} == {JobState.FAILED, JobState.FINISHED}
        job.refresh_from_db()
        assert "folder" in job.error
        assert "is gone" in job.error

    def test_a_result_of_another_contract_fails_the_job_with_the_reason(self, make_job, sent):
        job = make_job()
        leave_result(job)
        path = Path(job.out_dir) / "result.json"
        path.write_text(path.read_text().replace('"contract": 1', '"contract": 99'))
        list(follow_open_jobs())
        job.refresh_from_db()
        assert job.state == JobState.FAILED
        assert "contract version 99" in job.error


@pytest.mark.django_db
class TestALostJob:
    def test_it_is_sent_again_when_its_worker_died_and_fell_silent(self, make_job, sent, silence_s):
        job = make_job()
        send_job(job)
        with worker_holding(job):
            observe_job(job)
        time.sleep(silence_s * 1.2)
        observe_job(job)
        assert (job.state, job.n_sent) == (JobState.QUEUED, 2)
        assert sent == [job.job_dir, job.job_dir]

    def test_it_is_left_alone_while_its_last_beat_is_recent(self, make_job, sent, settings):
        settings.WORKER_SILENCE_S = 60
        job = make_job()
        send_job(job)
        with worker_holding(job):
            observe_job(job)
        Job.objects.filter(pk=job.pk).update(sent_at=timezone.now() - timedelta(hours=1))
        job.refresh_from_db()
        observe_job(job)
        assert (job.state, len(sent)) == (JobState.RUNNING, 1)

    def test_a_worker_that_holds_it_may_be_silent_for_long(self, make_job, sent, silence_s):
        job = make_job()
        send_job(job)
        with worker_holding(job):
            observe_job(job)
            time.sleep(silence_s * 1.2)
            observe_job(job)
        assert (job.state, len(sent)) == (JobState.RUNNING, 1)

    def test_a_message_that_nobody_took_is_sent_again_after_a_while(
        self, make_job, sent, silence_s
    ):
        job = make_job()
        send_job(job)
        observe_job(job)
        assert len(sent) == 1
        time.sleep(silence_s * 1.2)
        observe_job(job)
        assert len(sent) == 2

    def test_messages_do_not_pile_up_where_no_worker_runs(self, make_job, sent, silence_s):
        job = make_job()
        send_job(job)
        Job.objects.filter(pk=job.pk).update(n_sent=5)
        job.refresh_from_db()
        time.sleep(silence_s * 2)
        observe_job(job)
        assert len(sent) == 1

    def test_a_queued_job_waits_its_turn_behind_a_running_one(self, make_job, sent, silence_s):
        running, waiting = make_job(), make_job()
        for job in (running, waiting):
            send_job(job)
        beat(waiting)  # from a worker that had it before and was lost
        with worker_holding(running):
            observe_job(running)
            time.sleep(silence_s * 1.2)
            observe_job(waiting)
        assert waiting.n_sent == 1

    def test_a_running_analysis_does_not_hold_up_a_training_job(self, make_job, sent, silence_s):
        analysis, training = make_job(JobKind.ANALYSE), make_job(JobKind.TRAIN)
        for job in (analysis, training):
            send_job(job)
        with worker_holding(analysis):
            observe_job(analysis)
            time.sleep(silence_s * 1.2)
            observe_job(training)
        assert training.n_sent == 2

    def test_a_job_that_was_written_but_never_sent_is_sent(self, make_job, sent):
        job = make_job()
        observe_job(job)
        assert job.n_sent == 1

    def test_a_silent_broker_does_not_stop_those_who_follow(self, make_job, monkeypatch):
        def refuse(job: Job) -> None:
            raise BrokerSilent(job)

        monkeypatch.setattr(dispatch, "send_job", refuse)
        lost, ended = make_job(), make_job()
        leave_result(ended)
        assert list(follow_open_jobs()) == [ended]
        lost.refresh_from_db()
        assert lost.state == JobState.QUEUED

    def test_a_job_that_has_ended_is_never_sent_again(self, make_job, sent, silence_s):
        job = make_job()
        leave_result(job)
        list(follow_open_jobs())
        time.sleep(silence_s * 1.2)
        observe_job(job)
        list(follow_open_jobs())
        assert sent == []


@pytest.mark.django_db
class TestWaiting:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        monkeypatch.setattr(dispatch, "POLL_S", 0.01)

    def test_it_ends_with_the_summary_of_the_result(self, make_job, sent):
        job = make_job()
        leave_result(job, eval_map=0.5)
        wait_for_job(job, finish=finish)
        stored = Job.objects.get(pk=job.pk)
        assert (stored.state, stored.summary) == (JobState.FINISHED, {"eval_map": 0.5})
        assert stored.finished_at is not None

    def test_a_failed_job_ends_in_the_workers_sentence(self, make_job, sent):
        job = make_job()
        leave_result(job, ok=False, error="The release has no clips; build another.")
        with pytest.raises(JobFailed, match=r"^The release has no clips; build another\.$"):
            wait_for_job(job, finish=finish)
        assert Job.objects.get(pk=job.pk).state == JobState.FAILED

    def test_progress_is_shown_while_it_runs(self, make_job, sent):
        job = make_job()
        seen: list[int] = []

        def show(progress: JobProgress | None) -> None:
            seen.append(progress.done if progress else -1)
            if len(seen) == 1:
                beat(job, done=7)
            elif len(seen) == 3:
                leave_result(job)

        wait_for_job(job, finish=finish, on_progress=show)
        assert seen[:3] == [-1, 7, 7]

    def test_it_ends_when_another_process_has_finished_the_job(self, make_job, sent):
        job = make_job()

        def show(progress: JobProgress | None) -> None:
            leave_result(job)
            list(follow_open_jobs())

        def must_not_run(job: Job, result: JobResult) -> None:
            raise AssertionError("finished twice")

        wait_for_job(job, finish=must_not_run, on_progress=show)
        assert job.state == JobState.FINISHED

    def test_following_once_says_what_ended(self, make_job, sent, capsys):
        job = make_job()
        leave_result(job, ok=False, error="No such recipe.")
        call_command("follow_jobs", once=True)
        assert f"train {job.uuid} failed. No such recipe." in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
class TestTwoFollowers:
    def in_two_threads(self, work: Callable[[], None]) -> None:
        """Run ``work`` twice at the same moment, each on a database connection of its own."""
        together = threading.Barrier(2)
        errors: list[BaseException] = []

        def run() -> None:
            try:
                together.wait(timeout=10)
                work()
            except BaseException as error:
                errors.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        assert errors == []

    def test_a_job_that_both_see_ended_is_finished_once(self, make_job):
        job = make_job()
        result = leave_result(job)
        finished: list[int] = []

        def finish_slowly(job: Job, result: JobResult) -> None:
            finished.append(os.getpid())
            time.sleep(0.1)
            finish(job, result)

        def follow() -> None:
            mine = Job.objects.get(pk=job.pk)
            while mine.state not in ENDED:
                finish_job_once(mine, result, finish_slowly)

        self.in_two_threads(follow)
        assert len(finished) == 1
        assert Job.objects.get(pk=job.pk).state == JobState.FINISHED

    def test_only_the_first_to_arrive_moves_the_job(self, make_job):
        job = make_job()
        moved: list[bool] = []

        def end() -> None:
            moved.append(move_job(Job.objects.get(pk=job.pk), JobState.FINISHED))

        self.in_two_threads(end)
        assert sorted(moved) == [False, True]

    def test_no_send_is_lost_from_the_count(self, make_job, monkeypatch):
        monkeypatch.setattr(dispatch.current_app, "send_task", lambda *_, **__: None)
        job = make_job()
        stale = Job.objects.get(pk=job.pk)
        send_job(job)
        send_job(stale)
        assert Job.objects.get(pk=job.pk).n_sent == 2
