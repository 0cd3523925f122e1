"""Heavy work is answered at once with its address; releases are read by whoever may."""

from pathlib import Path

import pytest

from datasets_app.jobs import dispatch, starting
from datasets_app.jobs.dispatch import BrokerSilent
from datasets_app.jobs.models import Job
from datasets_app.releases.models import Release
from datasets_app.splits.models import Split, Vocabulary
from tests.datasets_app.api.caller import refused

JOBS = "/collections/yard/jobs"


@pytest.fixture
def release(world, tmp_path: Path) -> Release:
    vocabulary = Vocabulary.objects.create(collection=world.collection, min_dev=1, min_eval=1)
    split = Split.objects.create(
        collection=world.collection, vocabulary=vocabulary, seed=1, eval_share=0.2, val_share=0.1
    )
    return Release.objects.create(
        collection=world.collection,
        version="1.0",
        split=split,
        path=str(tmp_path),
        manifest_sha256="0" * 64,
    )


@pytest.fixture
def messages(monkeypatch) -> list[Job]:
    """Take the messages that would go to workers."""
    sent: list[Job] = []
    monkeypatch.setattr(starting, "send_job", sent.append)
    return sent


@pytest.fixture
def training(world, release, tmp_path) -> Job:
    return Job.objects.create(
        kind="train",
        state="finished",
        collection=world.collection,
        release=release,
        recipe="small_cnn",
        job_dir=str(tmp_path / "j"),
        out_dir=str(tmp_path / "o"),
    )


def test_a_training_is_started_and_followed(as_cara, release, messages, cara):
    body = {"kind": "train", "release": "1.0", "recipe": "small_cnn", "seed": 3}
    started = as_cara.post(JOBS, body, Idempotency_Key="night")
    assert started.status_code == 202, started.content
    assert as_cara.post(JOBS, body, Idempotency_Key="night").json() == started.json()
    assert [job.started_by for job in messages] == [cara]
    followed = as_cara.get(started["Location"])
    assert followed.json()["state"] == "queued"
    assert followed.json()["uuid"] == started.json()["uuid"]
    assert followed.json()["seed"] == 3
    assert str(release.path) not in followed.content.decode()


def test_a_run_is_measured_and_names_missing_labels(as_cara, training, messages):
    run = str(training.uuid)
    evaluate = as_cara.post(JOBS, {"kind": "evaluate", "run": run, "split": "val"})
    assert (evaluate.status_code, evaluate.json()["source"]) == (202, run)
    flag = as_cara.post(JOBS, {"kind": "flag", "run": run, "release": "1.0", "top_percent": 2})
    assert (flag.status_code, flag.json()["teacher"]) == (202, run)
    assert [job["kind"] for job in as_cara.all(JOBS)] == ["flag", "evaluate", "train"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"kind": "train", "release": "1.0"}, 400, "needs recipe"),
        ({"kind": "train", "release": "2.0", "recipe": "a"}, 400, "no release 2.0"),
        ({"kind": "train", "release": "1.0", "recipe": "../a.toml"}, 400, "recipe"),
        ({"kind": "train", "release": "1.0", "recipe": "a", "top_percent": 1}, 400, "top_percent"),
        ({"kind": "evaluate", "run": "00000000-0000-0000-0000-000000000000"}, 400, "no job"),
        ({"kind": "flag", "run": "x", "release": "1.0", "top_percent": 0}, 400, "top_percent"),
        ({"kind": "analyse"}, 400, "kind"),
        ({}, 400, "kind"),
    ],
)
def test_what_cannot_be_started(as_cara, release, messages, body, status, said):
    found, sentence = refused(as_cara.post(JOBS, body))
    assert found == status
    assert said in sentence
    assert not messages
    assert not Job.objects.exists()


def test_a_run_that_has_not_finished_is_refused_in_the_services_words(as_cara, training, messages):
    Job.objects.update(state="running")
    status, sentence = refused(as_cara.post(JOBS, {"kind": "evaluate", "run": str(training.uuid)}))
    assert status == 409
    assert "not a finished training run" in sentence


def test_a_job_is_queued_while_workers_are_out_of_reach(as_cara, release, monkeypatch):
    def silent(job):
        raise BrokerSilent(job)

    monkeypatch.setattr(starting, "send_job", silent)
    body = {"kind": "train", "release": "1.0", "recipe": "a"}
    replies = [as_cara.post(JOBS, body, Idempotency_Key="once") for _ in range(2)]
    assert [reply.status_code for reply in replies] == [202, 202]
    job = Job.objects.get()
    assert replies[1]["Location"].endswith(str(job.uuid))
    assert job.state == "queued"
    assert Path(job.job_dir).is_dir()


def test_a_job_is_cancelled_and_tried_again(as_cara, release, messages, monkeypatch):
    monkeypatch.setattr("datasets_app.jobs.control.send_job", messages.append)
    body = {"kind": "train", "release": "1.0", "recipe": "a"}
    at = as_cara.post(JOBS, body)["Location"]
    assert as_cara.post(f"{at}/cancel").json()["state"] == "cancelled"
    assert refused(as_cara.post(f"{at}/cancel"))[0] == 409
    again = as_cara.post(f"{at}/retry", {"from_start": True})
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    assert again["Location"] == at
    assert len(messages) == 2
    assert dispatch.MOST_DOUBLINGS


def test_jobs_are_for_curators(as_ana, as_cara, training):
    for path in (JOBS, f"/jobs/{training.uuid}"):
        assert refused(as_ana.get(path))[0] == 403
        assert as_cara.get(path).status_code == 200
    assert refused(as_ana.post(JOBS, {"kind": "train"}))[0] == 403


def test_a_public_release_is_read_by_anybody(as_nobody, as_ana, as_cara, release):
    at = "/collections/yard/releases/1.0"
    assert refused(as_nobody.get(at))[0] == 404
    assert as_nobody.all("/releases") == []
    assert as_ana.get(at).json()["version"] == "1.0"
    tag = as_cara.get(at)["ETag"]
    assert as_cara.patch(at, {"is_public": True}, If_Match=tag).json()["is_public"]
    assert refused(as_cara.patch(at, {"is_public": False}, If_Match=tag))[0] == 412
    assert as_nobody.get(at).json() == as_ana.get(at).json()
    assert len(as_nobody.all("/releases?collection=yard")) == 1
    assert refused(as_nobody.patch(at, {"is_public": False}, If_Match="*"))[0] == 401
    assert refused(as_ana.patch(at, {"is_public": False}, If_Match="*"))[0] == 403
