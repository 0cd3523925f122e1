"""Answers counted by person and day, as they come in."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from datasets_app.audit.services import record_event
from datasets_app.votes import activity
from datasets_app.votes.activity import (
    answers_by_day,
    count_answers,
    count_answers_so_far,
    first_answer_day,
    people_activity,
)
from datasets_app.votes.activity_models import AnswerTally
from datasets_app.votes.models import Vote

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture
def at_once(monkeypatch):
    """Take votes as settled the moment they are on record."""
    monkeypatch.setattr(activity, "SETTLED_S", 0.0)


@pytest.fixture
def answer(make_clip, make_nomination, vote):
    """Let someone answer something new at a time."""

    def give(name: str, at: datetime) -> Vote:
        clip = make_clip(f"c{Vote.objects.count()}")
        given = vote(make_nomination(clip, "/m/bark"), name, "PP")
        Vote.objects.filter(pk=given.pk).update(cast_at=at)
        return given

    return give


def count_all(collection) -> None:
    while not count_answers(collection=collection).is_all:
        pass
    count_answers(collection=collection)


def test_answers_are_counted_by_person_and_day(collection, answer, at_once):
    for minutes in (0, 2, 4):
        answer("ana", MONDAY + timedelta(minutes=minutes))
    answer("ana", MONDAY + timedelta(days=1))
    answer("otto", MONDAY)
    count_all(collection)
    assert answers_by_day(collection=collection, since=date(2026, 5, 4)) == {
        date(2026, 5, 4): 4,
        date(2026, 5, 5): 1,
    }
    assert first_answer_day(collection=collection) == date(2026, 5, 4)
    (ana, otto), n_people = people_activity(collection=collection, since=date(2026, 5, 4), most=10)
    assert (ana.annotator.name, ana.n_answers, ana.n_days, n_people) == ("ana", 4, 2, 2)
    assert ana.active_s == 240.0
    assert ana.per_hour == 60.0
    assert otto.per_hour is None


def test_later_answers_are_added_and_none_is_counted_twice(collection, answer, at_once):
    answer("ana", MONDAY)
    count_all(collection)
    answer("ana", MONDAY + timedelta(minutes=1))
    for _ in range(3):
        count_all(collection)
    assert count_answers_so_far(collection=collection) == 2
    (ana,), _ = people_activity(collection=collection, since=date(2026, 5, 4), most=10)
    assert ana.active_s == 60.0


def test_many_answers_are_counted_in_several_calls(collection, answer, at_once):
    for minutes in range(5):
        answer("ana", MONDAY + timedelta(minutes=minutes))
    first = count_answers(collection=collection, at_once=2)
    assert (first.is_all, count_answers_so_far(collection=collection)) == (False, 2)
    for _ in range(3):
        count_answers(collection=collection, at_once=2)
    assert count_answers_so_far(collection=collection) == 5


def test_a_number_just_given_out_waits_until_it_is_settled(collection, answer):
    answer("ana", MONDAY)
    count_answers(collection=collection)
    answer("ana", MONDAY)
    count_answers(collection=collection)
    assert count_answers_so_far(collection=collection) == 1
    AnswerTally.objects.update(looked_at=timezone.now() - timedelta(seconds=5))
    count_answers(collection=collection)
    assert count_answers_so_far(collection=collection) == 1
    AnswerTally.objects.update(looked_at=timezone.now() - timedelta(seconds=5))
    count_answers(collection=collection)
    assert count_answers_so_far(collection=collection) == 2


def test_an_import_has_everything_counted_anew(collection, answer, at_once):
    answer("ana", MONDAY)
    count_all(collection)
    AnswerTally.objects.update(last_vote=10**6, next_vote=10**6)
    answer("otto", MONDAY)
    count_all(collection)
    assert count_answers_so_far(collection=collection) == 1
    record_event(actor=None, verb="import_votes", record=collection)
    count_all(collection)
    assert count_answers_so_far(collection=collection) == 2
