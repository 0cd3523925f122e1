"""Answers as the page sends them: once each, changeable, and only where they are wanted."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from datasets_app.clips.models import Clip, Collection, Uploader
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.models import Label
from datasets_app.labels.services import record_answer
from datasets_app.people.models import User
from datasets_app.votes.models import Vote, VoteRevision

URL = "/collections/yard/answers"


@pytest.fixture
def nomination(world):
    return world.nominate(world.clip())


def give(client, to, answer="PP", key=None, **more):
    body = {
        "nomination": str(to.uuid),
        "answer": answer,
        "idempotency_key": str(key or uuid.uuid4()),
        "heard_fraction": 1.25,
        "seconds_taken": 3.5,
    }
    return client.post(URL, body | more, content_type="application/json")


def test_an_answer_is_recorded_with_how_it_was_listened_to(as_annotator, nomination):
    response = give(as_annotator, nomination)
    assert response.status_code == 200
    assert response.json() == {"answer": "PP"}
    vote = Vote.objects.get()
    assert (vote.answer, vote.heard_fraction, vote.seconds_taken) == ("PP", 1.25, 3.5)
    assert (vote.task, vote.is_expert) == ("validation", False)


def test_the_same_answer_sent_again_is_recorded_once(as_annotator, nomination):
    key = uuid.uuid4()
    for _ in range(3):
        assert give(as_annotator, nomination, key=key).status_code == 200
    assert Vote.objects.count() == 1
    assert not VoteRevision.objects.exists()


def test_a_changed_answer_keeps_the_former_as_a_revision(as_annotator, nomination):
    give(as_annotator, nomination, "PP")
    give(as_annotator, nomination, "NP")
    assert Vote.objects.get().answer == "NP"
    assert VoteRevision.objects.get().answer == "PP"


def test_two_people_who_agree_decide(world, as_annotator, nomination):
    other = world.annotator_record(world.annotator("otto"))
    record_answer(nomination=nomination, annotator=other, answer=Answer.PP)
    give(as_annotator, nomination, "PP")
    label = Label.objects.get()
    assert (label.state, label.value) == ("decided", "PP")


def test_an_answer_that_decided_can_still_be_changed_by_its_giver(world, as_annotator, nomination):
    other = world.annotator_record(world.annotator("otto"))
    record_answer(nomination=nomination, annotator=other, answer=Answer.PP)
    give(as_annotator, nomination, "PP")
    assert give(as_annotator, nomination, "NP").status_code == 200
    assert Label.objects.get().state == "incomplete"


def test_what_others_decided_is_refused_with_a_sentence(world, as_annotator, nomination):
    for name in ("otto", "olga"):
        annotator = world.annotator_record(world.annotator(name))
        record_answer(nomination=nomination, annotator=annotator, answer=Answer.NP)
    response = give(as_annotator, nomination)
    assert response.status_code == 409
    assert response.json()["error"].startswith("Others have settled this one")
    assert Vote.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"answer": "yes"}, "Answer 'yes' is not known"),
        ({"answer": ""}, "required"),
        ({"answer": ["PP"]}, "is not known"),
        ({"answer": "\ud800"}, "is not known"),
        ({"nomination": "../etc/passwd"}, "nomination:"),
        ({"nomination": None}, "nomination:"),
        ({"idempotency_key": "1"}, "idempotency_key:"),
        ({"heard_fraction": -1}, "heard_fraction:"),
        ({"heard_fraction": "NaN"}, "heard_fraction:"),
        ({"heard_fraction": ["much"]}, "heard_fraction:"),
        ({"seconds_taken": 10**400}, "seconds_taken:"),
    ],
)
def test_a_malformed_answer_is_refused_with_one_sentence(as_annotator, nomination, change, words):
    response = give(as_annotator, nomination, **change)
    assert response.status_code == 400
    assert words in response.json()["error"]
    assert not Vote.objects.exists()


@pytest.mark.parametrize("body", ["", "PP", "[]", "null", '{"answer":', "[" * 100_000, b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused(as_annotator, body):
    response = as_annotator.post(URL, body, content_type="application/json")
    assert response.status_code == 400
    assert "JSON" in response.json()["error"]


def test_unknown_and_withdrawn_recordings_are_not_there(world, as_annotator, nomination):
    assert give(as_annotator, nomination, nomination=str(uuid.uuid4())).status_code == 404
    Clip.objects.update(state=Clip.State.WITHDRAWN)
    response = give(as_annotator, nomination)
    assert response.status_code == 404
    assert "no longer part of the collection" in response.json()["error"]


def test_clips_that_are_metadata_alone_ask_nobody(world, as_annotator):
    silent = {"sha256": None, "duration_s": None, "sample_rate_hz": None, "n_channels": None}
    nomination = world.nominate(world.clip(**silent))
    media = reverse("clip-media", args=[nomination.clip.uuid, "preview.mp3"])
    page = as_annotator.get(reverse("validate", args=["yard", "/m/05tny_"]))
    assert "Nothing left here" in page.content.decode()
    assert as_annotator.get(media).status_code == 404
    assert give(as_annotator, nomination).status_code == 404


def test_an_answer_that_was_replaced_is_not_brought_back_by_a_late_retry(as_annotator, nomination):
    key = uuid.uuid4()
    give(as_annotator, nomination, "PP", key=key)
    give(as_annotator, nomination, "NP")
    assert give(as_annotator, nomination, "PP", key=key).json() == {"answer": "NP"}
    assert Vote.objects.get().answer == "NP"


def test_an_answer_reaches_no_other_collection(world, as_annotator):
    other = Collection.objects.create(name="attic", ontology=world.ontology)
    uploader = Uploader.objects.create(collection=other, name="ugo")
    elsewhere = world.nominate(world.clip(collection=other, uploader=uploader))
    assert give(as_annotator, elsewhere).status_code == 404
    assert not Vote.objects.exists()


def test_a_key_of_another_persons_answer_records_nothing(world, as_annotator, nomination):
    key = uuid.uuid4()
    other = world.annotator_record(world.annotator("otto"))
    record_answer(nomination=nomination, annotator=other, answer=Answer.NP, idempotency_key=key)
    response = give(as_annotator, nomination, key=key)
    assert response.status_code == 409
    assert list(Vote.objects.values_list("annotator", "answer")) == [(other.pk, "NP")]


def test_an_experts_answer_counts_as_an_experts(world, client, nomination):
    client.force_login(world.user("eve", User.Role.EXPERT))
    give(client, nomination, "NP")
    assert Vote.objects.get().is_expert
    assert Label.objects.get().reached_by == "expert"


def test_answers_are_only_posted(as_annotator):
    for method in ("get", "put", "delete", "patch"):
        assert getattr(as_annotator, method)(URL).status_code == 405


def test_a_signed_out_page_is_told_that_nothing_is_lost(world, client, nomination):
    response = give(client, nomination)
    assert response.status_code == 401
    assert "kept" in response.json()["error"]


def test_people_without_the_role_give_no_answers(world, client, nomination):
    client.force_login(world.curator())
    assert give(client, nomination).status_code == 403
    assert not Vote.objects.exists()


def test_an_answer_without_the_forms_token_is_refused(world, nomination):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.annotator())
    assert give(client, nomination).status_code == 403
    assert not Vote.objects.exists()


def test_the_answers_address_is_the_collections(world):
    assert reverse("answers", args=["yard"]) == URL
