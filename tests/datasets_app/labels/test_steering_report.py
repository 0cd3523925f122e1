"""The board's costly figures: computed once, and of the answers that count."""

from datetime import timedelta

import pytest
from django.utils import timezone

from datasets_app.labels.services import infer_labels
from datasets_app.labels.steering.models import SteeringReport
from datasets_app.labels.steering.report import refresh_steering_report
from datasets_app.nominations.models import Nomination

pytestmark = pytest.mark.django_db


@pytest.fixture
def answered(collection, make_clip, make_nomination, vote):
    """Four barks that three people heard, one of them otherwise than the rest."""
    for i in range(4):
        nomination = make_nomination(make_clip(str(i)), "/m/bark")
        for name, answer in (("ana", "PP"), ("otto", "PNP"), ("spam", "NP")):
            vote(nomination, name, answer)
    suspected = make_nomination(make_clip("m"), "/m/bark", origin=Nomination.Origin.MODEL)
    vote(suspected, "ana", "NP")
    infer_labels(collection=collection)
    return collection


def test_it_tells_agreement_and_mapping_of_each_class(answered, sound_class):
    report = refresh_steering_report(collection=answered, last_vote=7)
    row = report.data["classes"][str(sound_class("/m/bark").pk)]
    assert (row["bad"]["n"], row["bad"]["of"]) == (4, 12)  # the model's suspicion is not theirs
    assert row["bad"]["low"] < row["bad"]["share"] < row["bad"]["high"]
    assert row["n_answers"] == 13
    assert (report.n_votes, report.last_vote) == (13, 7)


def test_people_are_held_against_what_was_decided(answered, make_annotator):
    people = refresh_steering_report(collection=answered, last_vote=1).data["people"]
    ana, spam = (people[str(make_annotator(name).pk)] for name in ("ana", "spam"))
    assert ana["n_agreeing"] == ana["n_decided"] > 0
    assert spam["n_agreeing"] == 0
    assert spam["n_decided"] == ana["n_decided"]


def test_a_collection_without_answers_has_an_empty_report(collection):
    report = refresh_steering_report(collection=collection, last_vote=0)
    assert (report.data["classes"], report.data["people"], report.n_votes) == ({}, {}, 0)


def test_while_someone_computes_nobody_else_does(answered):
    SteeringReport.objects.create(collection=answered, started_at=timezone.now())
    assert refresh_steering_report(collection=answered, last_vote=1) is None
    SteeringReport.objects.update(started_at=timezone.now() - timedelta(hours=2))
    assert refresh_steering_report(collection=answered, last_vote=1) is not None


def test_one_that_fails_leaves_the_way_free(answered, monkeypatch):
    monkeypatch.setattr("datasets_app.labels.steering.report._compute", lambda collection: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        refresh_steering_report(collection=answered, last_vote=1)
    assert SteeringReport.objects.get().started_at is None
