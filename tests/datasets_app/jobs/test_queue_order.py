"""The queue goes by what the models say, and votes do not undo that."""

import json
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets_app.clips.class_models import ClassGoal
from datasets_app.clips.models import QueueOrder
from datasets_app.domain.jobs.job_lifecycle import JobState
from datasets_app.jobs import dispatch
from datasets_app.jobs.dispatch import create_job
from datasets_app.jobs.following import follow_open_jobs
from datasets_app.jobs.models import Flag, Job
from datasets_app.jobs.queue_order import order_queue, set_queue_order
from datasets_app.jobs.result_files import ResultUnreadable
from datasets_app.labels.models import Label
from datasets_app.labels.queue import open_nominations
from datasets_app.nominations.services import refresh_priorities
from ml_worker.contract import JobKind, JobResult, write_result

pytestmark = pytest.mark.django_db
SCORES = {"a": 0.99, "b": 0.52, "c": 0.2}


@pytest.fixture
def bark(make_clip, make_nomination):
    """Open nominations of Bark by clip; the standard order is d, then a, b, c by their length."""
    made = {}
    for name, duration_s in (("a", 15.0), ("b", 15.0), ("c", 15.0), ("d", 5.0)):
        made[name] = make_nomination(
            make_clip(name, duration_s=duration_s), "/m/bark", is_askable=True
        )
    return made


@pytest.fixture
def make_result(collection, tmp_path):
    """A finished job of a kind, its result folder to be filled."""

    def make(kind: JobKind) -> Job:
        folder = tmp_path / f"{kind}-{Job.objects.count()}"
        (folder / "out").mkdir(parents=True)
        places = {"job_dir": str(folder / "job"), "out_dir": str(folder / "out")}
        state = JobState.FINISHED.value
        return Job.objects.create(collection=collection, kind=kind.value, state=state, **places)

    return make


def write_scores(folder: Path, scores: dict[str, float], mid: str = "/m/bark") -> None:
    np.save(folder / "scores.npy", np.array([[s] for s in scores.values()], np.float32))
    (folder / "scores.json").write_text(json.dumps({"fnames": list(scores), "mids": [mid]}))


def write_embeddings(folder: Path, rows: dict[str, list[float]]) -> None:
    table = np.array(list(rows.values()), np.float32)
    np.save(folder / "embeddings.npy", table)
    np.save(folder / "norms.npy", np.linalg.norm(table, axis=1))
    (folder / "clips.csv").write_text("clip_id,sha256\n" + "".join(f"{n},\n" for n in rows))
    description = {"size": table.shape[1], "n_clips": len(rows), "index": None}
    (folder / "provider.json").write_text(json.dumps(description))


@pytest.fixture
def queue(collection, sound_class, make_annotator):
    """The clips of Bark in the order in which somebody new meets them."""

    def names() -> str:
        found = open_nominations(
            collection=collection, sound_class=sound_class("/m/bark"), annotator=make_annotator("n")
        )
        return "".join(found.values_list("clip__external_id", flat=True))

    return names


def test_the_least_sure_come_first_and_the_unscored_last(collection, bark, make_result, queue):
    write_scores(Path(make_result(JobKind.SCORE).out_dir), SCORES)
    assert set_queue_order(collection=collection, order=QueueOrder.UNCERTAIN) == 4
    assert queue() == "bcad"
    assert set_queue_order(collection=collection, order=QueueOrder.STANDARD) == 3
    assert queue()[0] == "d"


def test_what_people_have_begun_still_comes_first(collection, bark, make_result, queue, vote):
    write_scores(Path(make_result(JobKind.SCORE).out_dir), SCORES)
    set_queue_order(collection=collection, order=QueueOrder.UNCERTAIN)
    vote(bark["a"], "ana", "PP")
    refresh_priorities(collection=collection, nominations=[bark["a"].pk])
    assert queue() == "abcd"
    bark["a"].refresh_from_db()
    assert order_queue(collection=collection) == 0


def test_a_flags_score_counts_where_nothing_was_scored(collection, bark, make_result, queue):
    job = make_result(JobKind.FLAG)
    for name, score in SCORES.items():
        nomination = bark[name]
        pair = {"clip": nomination.clip, "sound_class": nomination.sound_class}
        Flag.objects.create(job=job, nomination=nomination, score=score, **pair)
    set_queue_order(collection=collection, order=QueueOrder.UNCERTAIN)
    assert queue() == "bcad"


def test_thin_classes_ask_for_what_is_probably_there(
    collection, bark, make_result, queue, make_clip, make_nomination, sound_class
):
    write_scores(Path(make_result(JobKind.SCORE).out_dir), SCORES)
    rain = make_nomination(make_clip("r"), "/m/rain", is_askable=True)
    done = make_nomination(make_clip("s"), "/m/rain", n_wanted=0)
    Label.objects.create(nomination=done, state="decided", value="PP")
    ClassGoal.objects.create(collection=collection, sound_class=sound_class("/m/rain"), n_clips=1)
    set_queue_order(collection=collection, order=QueueOrder.THIN_CLASSES)
    assert queue() == "abdc"  # d by the rule of succession: one half
    rain.refresh_from_db()
    assert rain.priority < min(b.priority for b in map(_again, bark.values()))


def _again(nomination):
    nomination.refresh_from_db()
    return nomination


def test_a_diverse_queue_begins_far_from_what_was_heard(
    collection, bark, make_result, queue, make_clip, make_nomination
):
    heard = make_nomination(make_clip("h"), "/m/bark", n_wanted=0)
    Label.objects.create(nomination=heard, state="decided", value="PP")
    rows = {"h": [1, 0, 0], "a": [0.99, 0.1, 0], "b": [0, 1, 0], "c": [0, 0.8, 0.6]}
    write_embeddings(Path(make_result(JobKind.EMBED).out_dir), rows)
    set_queue_order(collection=collection, order=QueueOrder.DIVERSE)
    assert queue() == "bcad"


def test_without_a_model_the_standard_order_stands(collection, bark, queue):
    refresh_priorities(collection=collection)
    before = queue()
    for order in (QueueOrder.UNCERTAIN, QueueOrder.DIVERSE):
        set_queue_order(collection=collection, order=order)
        assert queue() == before


def test_new_nominations_find_their_place(
    collection, bark, make_result, queue, make_clip, make_nomination
):
    write_scores(Path(make_result(JobKind.SCORE).out_dir), {**SCORES, "e": 0.5})
    set_queue_order(collection=collection, order=QueueOrder.UNCERTAIN)
    make_nomination(make_clip("e"), "/m/bark", is_askable=True)
    refresh_priorities(collection=collection)
    assert queue() in ("bcade", "bcaed")
    order_queue(collection=collection)
    assert queue() == "ebcad"


def test_a_score_job_that_ends_puts_the_queue_in_order(collection, bark, queue, monkeypatch):
    monkeypatch.setattr(dispatch.current_app, "send_task", lambda *_, **__: None)
    set_queue_order(collection=collection, order=QueueOrder.UNCERTAIN)
    job = create_job(kind=JobKind.SCORE, collection=collection, inputs={"release": "/r"})
    Path(job.out_dir).mkdir(parents=True)
    write_scores(Path(job.out_dir), SCORES)
    write_result(Path(job.out_dir), JobResult(str(job.uuid), JobKind.SCORE, ok=True))
    list(follow_open_jobs())
    assert queue() == "bcad"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("scores.json", b"{}"),
        ("scores.json", b'{"fnames": ["a"], "mids": ["/m/bark", "/m/dog"]}'),
        ("scores.npy", b"no array"),
        ("scores.npy", b""),
    ],
)
def test_scores_that_cannot_be_read_change_nothing(
    collection, bark, make_result, queue, name, content
):
    folder = Path(make_result(JobKind.SCORE).out_dir)
    write_scores(folder, SCORES)
    (folder / name).write_bytes(content)
    before = queue()
    with pytest.raises(ResultUnreadable, match="score"):
        set_queue_order(collection=collection, order=QueueOrder.UNCERTAIN)
    collection.refresh_from_db()
    assert (collection.queue_order, queue()) == ("standard", before)


def test_the_number_of_questions_does_not_grow_with_the_queue(
    collection, bark, make_result, make_clip, make_nomination
):
    def n_queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            set_queue_order(collection=collection, order=QueueOrder.UNCERTAIN)
            set_queue_order(collection=collection, order=QueueOrder.STANDARD)
        return len(found)

    folder = Path(make_result(JobKind.SCORE).out_dir)
    write_scores(folder, SCORES)
    few = n_queries()
    more = {f"x{i}": 0.52 for i in range(40)}
    for name in more:
        make_nomination(make_clip(name), "/m/bark", is_askable=True)
    write_scores(folder, {**SCORES, **more})
    assert n_queries() <= few
