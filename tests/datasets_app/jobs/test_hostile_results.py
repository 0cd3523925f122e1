"""Whatever a result folder holds, the job ends in a sentence and the follower lives on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs import dispatch
from datasets_app.jobs.dispatch import create_job
from datasets_app.jobs.evaluation_result import read_evaluation
from datasets_app.jobs.following import follow_open_jobs
from datasets_app.jobs.models import Flag, Job
from datasets_app.jobs.result_files import ResultUnreadable, read_result_json, result_path
from datasets_app.jobs.selectors import job_progress, training_curves
from datasets_app.nominations.models import Nomination
from ml_worker.contract import JobKind, JobResult, write_result

pytestmark = pytest.mark.django_db


@pytest.fixture
def end_job_with(collection, monkeypatch) -> Callable[..., Job]:
    """Make a job of a kind whose worker leaves these files, and follow it to its end."""
    monkeypatch.setattr(dispatch.current_app, "send_task", lambda *_, **__: None)

    def make(kind: JobKind, files: dict[str, str], /, **result: Any) -> Job:
        job = create_job(kind=kind, collection=collection, inputs={"release": "/r"})
        out = Path(job.out_dir)
        out.mkdir(parents=True)
        for name, text in files.items():
            (out / name).write_text(text, encoding="utf-8")
        fields = {"job_id": str(job.uuid), "kind": kind, "ok": True, **result}
        write_result(out, JobResult(**fields))
        list(follow_open_jobs())
        job.refresh_from_db()
        return job

    return make


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        ({"summary": {"eval_map": float("inf")}}, "must be finite"),
        ({"summary": {"name": "a\x00b"}}, "null character"),
        ({"summary": ["no", "object"]}, "must be an object"),
        ({"summary": {"text": "x" * 1_100_000}}, "at most 1,000,000"),
        ({"job_id": "another"}, "must be this job's own"),
        ({"kind": JobKind.EMBED}, "must be this job's own"),
        ({"ok": False, "error": ""}, "gave no reason"),
        ({"ok": False, "error": "a\x00b"}, "ab"),
        ({"ok": "yes", "error": 7}, "gave no reason"),
    ],
)
def test_a_result_that_is_not_what_it_should_be_fails_the_job(end_job_with, result, sentence):
    job = end_job_with(JobKind.TRAIN, {}, **result)
    assert job.state == JobState.FAILED
    assert sentence in job.error


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000, '{"kind": "train"}'])
def test_a_result_file_that_is_no_result_fails_the_job(end_job_with, text):
    job = end_job_with(JobKind.TRAIN, {}, ok=False, error="x")
    Job.objects.filter(pk=job.pk).update(state="queued", error="")
    (Path(job.out_dir) / "result.json").write_text(text)
    list(follow_open_jobs())
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "result.json" in job.error


def test_a_result_file_too_large_to_read_is_not_read(end_job_with, monkeypatch):
    monkeypatch.setattr(dispatch, "MOST_RESULT_BYTES", 10)
    job = end_job_with(JobKind.TRAIN, {})
    assert "a result has at most 10" in job.error


HEADER = "fname,mid,score,rank,n_implicit\n"


@pytest.mark.parametrize(
    "rows",
    [
        "nobody,/m/dog,0.5,1,1\n",
        "a,/m/nothing,0.5,1,1\n",
        "a,/m/dog,nan,1,1\n",
        "a,/m/dog,1.5,1,1\n",
        "a,/m/dog,much,1,1\n",
        "a,/m/dog,0.5,1,1\na,/m/dog,0.4,2,1\n",
        "a\n",
    ],
)
def test_flags_that_name_no_clip_or_class_leave_nothing_behind(end_job_with, make_clip, rows):
    make_clip("a")
    job = end_job_with(JobKind.FLAG, {"flags.csv": HEADER + rows})
    assert job.state == JobState.FAILED
    assert "must name a clip and a class" in job.error
    assert not Flag.objects.exists()
    assert not Nomination.objects.exists()


def test_flags_that_are_not_there_fail_the_job(end_job_with):
    job = end_job_with(JobKind.FLAG, {})
    assert "holds no file flags.csv" in job.error


def test_an_embedding_that_cannot_be_read_fails_the_job(end_job_with):
    job = end_job_with(JobKind.EMBED, {"provider.json": "{}"})
    assert job.state == JobState.FAILED
    assert "no embeddings that can be read" in job.error


@pytest.mark.parametrize("name", ["../job/job.json", "/etc/passwd", "..", "", "a/b", "x\x00"])
def test_no_name_leads_out_of_the_result_folder(end_job_with, name):
    job = end_job_with(JobKind.TRAIN, {})
    with pytest.raises(ResultUnreadable, match="no file of its folder"):
        result_path(job, name, most_bytes=100)


def test_no_link_leads_out_of_the_result_folder(end_job_with, tmp_path):
    job = end_job_with(JobKind.TRAIN, {})
    secret = tmp_path / "secret.html"
    secret.write_text("{}")
    (Path(job.out_dir) / "report.html").symlink_to(secret)
    with pytest.raises(ResultUnreadable, match=r"holds no file report\.html"):
        result_path(job, "report.html", most_bytes=100)


def test_size_is_bounded_and_the_bound_itself_is_allowed(end_job_with):
    job = end_job_with(JobKind.TRAIN, {"metrics.json": "{}" + " " * 8})
    assert result_path(job, "metrics.json", most_bytes=10)
    with pytest.raises(ResultUnreadable, match="at most 9 are read"):
        result_path(job, "metrics.json", most_bytes=9)


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": Infinity}', "[1]", "{", "[" * 100_000])
def test_json_that_is_none_is_refused(end_job_with, text):
    job = end_job_with(JobKind.EVALUATE, {"metrics.json": text})
    with pytest.raises(ResultUnreadable, match=r"metrics\.json"):
        read_result_json(job, "metrics.json")


@pytest.mark.parametrize("text", ["{}", '{"protocol": 3}', '{"n_clips": "many", "clips": {}}'])
def test_metrics_of_another_shape_are_one_sentence(end_job_with, text):
    job = end_job_with(JobKind.EVALUATE, {"metrics.json": text, "calibration.json": "{}"})
    with pytest.raises(ResultUnreadable, match="measure the run again"):
        read_evaluation(job)


@pytest.mark.parametrize(
    "progress",
    [
        {"stage": "x", "done": "many", "total": 3, "unit": "steps"},
        {"stage": "x", "done": -1, "total": 3, "unit": "steps"},
        {"stage": "x" * 1000, "done": 1, "total": 3, "unit": "steps"},
        {"stage": "x", "done": 1, "total": 3, "unit": "steps", "eta_s": float("nan")},
        {"stage": ["x"], "done": 1, "total": 3, "unit": "steps"},
    ],
)
def test_progress_that_is_none_is_not_shown(end_job_with, progress):
    job = end_job_with(JobKind.TRAIN, {})
    (Path(job.job_dir) / "progress.json").write_text(json.dumps(progress))
    assert job_progress(job=job) is None


def test_epochs_without_their_numbers_are_left_out(end_job_with):
    good = {"epoch": 1, "train_loss": 0.5, "val_map": 0.1, "lr": 1e-3, "seconds": 2.0}
    rows = [good, {**good, "val_map": float("nan")}, {**good, "lr": "x"}, {"epoch": 2}, 7]
    text = "".join(json.dumps(row) + "\n" for row in rows) + "[" * 100_000
    job = end_job_with(JobKind.TRAIN, {"curves.jsonl": text})
    assert training_curves(job=job) == [good]
