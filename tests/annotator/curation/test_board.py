"""The board: pace, classes, people and what waits, for curators."""

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from annotator.curation import board_report
from annotator.curation.board_report import fresh_report
from datasets_app.domain.votes.answers import Answer
from datasets_app.jobs.models import Job
from datasets_app.labels.services import record_answer
from datasets_app.labels.steering.models import SteeringReport
from datasets_app.nominations.class_work import recount_class_work
from datasets_app.votes.activity_models import AnswerTally
from datasets_app.votes.models import Vote


def board(client, **params) -> str:
    answer = client.get(reverse("board", args=["yard"]), params)
    assert answer.status_code == 200
    return answer.content.decode()


def answered(world, n_clips, names=("ana", "otto")):
    nominations = world.nominated_clips(n_clips)
    people = [world.annotator_record(world.annotator(name)) for name in names]
    for nomination in nominations:
        for person in people:
            record_answer(nomination=nomination, annotator=person, answer=Answer.PP)
    recount_class_work(collection=world.collection)
    return nominations


def test_annotators_may_not_see_it(world, as_annotator):
    assert as_annotator.get(reverse("board", args=["yard"])).status_code == 403


def test_an_empty_collection_is_told_what_to_do(world, as_curator):
    told = board(as_curator)
    assert "No answer yet. Invite annotators" in told
    assert "No class has nominations yet" in told
    assert "Nothing open" in told


def test_it_counts_answers_decisions_and_people(world, as_curator):
    answered(world, 3)
    world.nominated_clips(2)
    recount_class_work(collection=world.collection)
    told = board(as_curator)
    assert '<p class="tile__value number">6</p>' in told
    assert "in 1 classes, from 6 answers" in told
    assert "2 people answered in 30 days" in told
    assert "4 answers wanted" in told
    for name in ("ana", "otto"):
        assert f'<th scope="row">{name}</th>' in told


def test_its_figures_have_axes_units_and_a_table_each(world, as_curator):
    answered(world, 3)
    told = board(as_curator)
    start = told.index('<script id="answers-figure" type="application/json">')
    text = told[told.index(">", start) + 1 : told.index("</script>", start)]
    figure = json.loads(text)
    assert figure["layout"]["xaxis"]["title"]["text"] == "day (UTC)"
    assert figure["layout"]["yaxis"]["title"]["text"] == "answers"
    assert len(figure["data"][0]["x"]) == 30
    assert "The same as a table" in told
    assert 'id="goals-figure"' in told


@pytest.mark.parametrize(
    "params",
    [
        {"days": "90"},
        {"days": "x"},
        {"page": "99999999"},
        {"page": "²"},
        {"sort": "<b>"},
        {"q": "%"},
    ],
)
def test_any_address_gives_a_board(world, as_curator, params):
    answered(world, 1)
    assert "<b>" not in board(as_curator, **params)


def test_classes_are_found_and_sorted(world, as_curator):
    rain = world.sound_class("/m/06mb1", "Rain")
    for _ in range(2):
        world.nominate(world.clip(), rain)
    answered(world, 1)
    told = board(as_curator, sort="name")
    assert told.index(">Bark</th>") < told.index(">Rain</th>")
    told = board(as_curator, sort="missing")
    assert told.index(">Rain</th>") < told.index(">Bark</th>")
    told = board(as_curator, q="rai")
    assert ">Rain</th>" in told
    assert ">Bark</th>" not in told
    assert "No class with nominations is called “howl”" in board(as_curator, q="howl")


def test_failed_jobs_are_said_in_words(world, as_curator, tmp_path):
    error = "The folder <b>is gone</b>; build it again."
    places = {"job_dir": str(tmp_path), "out_dir": str(tmp_path)}
    Job.objects.create(
        collection=world.collection, kind="train", state="failed", error=error, **places
    )
    told = board(as_curator)
    assert "running; 1 failed" in told
    assert "The folder &lt;b&gt;is gone&lt;/b&gt;" in told


def test_the_queries_do_not_grow_with_the_collection(
    world, as_curator, django_assert_max_num_queries
):
    for n in (2, 12):
        names = [f"{n}-{i}" for i in range(n // 2)]
        answered(world, n, names)
        for i in range(n):
            world.nominate(world.clip(), world.sound_class(f"/m/{n}-{i}", f"Class {n} {i}"))
        recount_class_work(collection=world.collection)
        cache.clear()
        SteeringReport.objects.all().delete()
        AnswerTally.objects.update(looked_at=timezone.now() - timedelta(minutes=1))
        with django_assert_max_num_queries(50):
            board(as_curator)


def test_a_large_collection_is_computed_by_another_process(world, monkeypatch):
    started = []
    monkeypatch.setattr(board_report, "_start", started.append)
    asked = {"collection": world.collection, "n_votes": 20_001, "last_vote": 5}
    assert fresh_report(**asked) is None
    assert started == [world.collection]
    SteeringReport.objects.create(
        collection=world.collection, computed_at=timezone.now(), last_vote=4
    )
    assert fresh_report(**asked).last_vote == 4
    assert len(started) == 1, "it is young enough"
    SteeringReport.objects.update(computed_at=timezone.now() - timedelta(minutes=11))
    fresh_report(**asked)
    assert len(started) == 2


def test_a_small_collection_is_computed_at_once_and_not_for_each_look(world):
    answered(world, 1)
    asked = {"collection": world.collection, "n_votes": 2}
    newest = Vote.objects.latest("pk").pk
    first = fresh_report(**asked, last_vote=newest)
    assert first.n_votes == 2
    again = fresh_report(**asked, last_vote=newest + 1)
    assert again.computed_at == first.computed_at
