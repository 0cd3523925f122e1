"""The same key and request give the same reply; conditions on state hold."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from datasets_app.api.models import KeptReply
from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip
from datasets_app.nominations.models import Nomination
from datasets_app.people.token_models import ApiToken
from tests.annotator.world import World
from tests.datasets_app.api.caller import Caller, refused

AT = "/collections/yard/nominations"


@pytest.fixture
def wanted(world) -> dict[str, str]:
    return {"clip": str(world.clip().uuid), "sound_class": world.bark.mid}


def test_a_curator_proposes_a_class_once(as_cara, wanted, world):
    made = as_cara.post(AT, wanted)
    assert made.status_code == 201
    assert made.json()["origin"] == "person"
    assert made["Location"].endswith(f"/api/v1/nominations/{made.json()['uuid']}")
    assert as_cara.post(AT, wanted).json()["uuid"] == made.json()["uuid"]
    assert AuditEvent.objects.filter(verb="nominate_clip").count() == 1
    assert as_cara.get(made["Location"]).json() == made.json()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sound_class": "/m/none"}, "not of this collection"),
        ({"sound_class": "/m/abstract"}, "abstract"),
        ({"clip": "0"}, "clip"),
        ({"clip": None}, "clip"),
    ],
)
def test_what_cannot_be_proposed(as_cara, wanted, world, change, said):
    world.sound_class("/m/abstract", "All", is_abstract=True)
    status, sentence = refused(as_cara.post(AT, wanted | change))
    assert status == 400
    assert said in sentence
    assert not Nomination.objects.exists()


def test_the_same_request_has_the_same_reply(as_cara, wanted):
    first = as_cara.post(AT, wanted, Idempotency_Key="k1")
    Nomination.objects.all().delete()
    again = as_cara.post(AT, wanted, Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Location"] == first["Location"]
    assert again["Idempotent-Replay"] == "true"
    assert not Nomination.objects.exists()


def test_a_refusal_is_kept_as_well(as_cara, wanted, world):
    wrong = wanted | {"sound_class": "/m/new"}
    first = as_cara.post(AT, wrong, Idempotency_Key="k1")
    world.sound_class("/m/new", "New")
    again = as_cara.post(AT, wrong, Idempotency_Key="k1")
    assert refused(again) == refused(first)
    assert refused(again)[0] == 400


def test_another_request_under_the_key_is_refused(as_cara, wanted, world):
    as_cara.post(AT, wanted, Idempotency_Key="k1")
    other = wanted | {"clip": str(world.clip().uuid)}
    assert refused(as_cara.post(AT, other, Idempotency_Key="k1"))[0] == 422
    assert Nomination.objects.count() == 1


def test_a_key_is_its_owners_own(as_cara, wanted, world):
    as_cara.post(AT, wanted, Idempotency_Key="k1")
    other = Caller(world.curator("carl"), ApiToken.Scope.CURATE, ApiToken.Scope.READ)
    reply = other.post(AT, wanted | {"clip": str(world.clip().uuid)}, Idempotency_Key="k1")
    assert reply.status_code == 201
    assert Nomination.objects.count() == 2


def test_a_key_is_forgotten_after_a_day(as_cara, wanted):
    as_cara.post(AT, wanted, Idempotency_Key="k1")
    KeptReply.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    Nomination.objects.all().delete()
    assert "Idempotent-Replay" not in as_cara.post(AT, wanted, Idempotency_Key="k1")
    assert Nomination.objects.count() == 1
    assert KeptReply.objects.count() == 1


def test_our_own_mistake_is_not_kept_and_leaves_nothing(as_cara, wanted, monkeypatch):
    from datasets_app.api import nominations

    def fall(**named):
        Nomination.objects.update(priority=7)
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(nominations, "nominate_clip", fall)
        assert refused(as_cara.post(AT, wanted, Idempotency_Key="k1"))[0] == 500
    assert not KeptReply.objects.exists()
    assert as_cara.post(AT, wanted, Idempotency_Key="k1").status_code == 201


@pytest.mark.parametrize("key", ["x" * 201, "a\x07b"])
def test_a_key_has_bounds(as_cara, wanted, key):
    assert refused(as_cara.post(AT, wanted, Idempotency_Key=key))[0] == 400


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_under_one_key_are_one(tmp_path):
    world = World(tmp_path)
    caller = Caller(world.curator(), ApiToken.Scope.CURATE)
    wanted = {"clip": str(world.clip().uuid), "sound_class": world.bark.mid}
    replies = []

    def call() -> None:
        mine = Caller()
        mine.secret = caller.secret
        replies.append(mine.post(AT, wanted, Idempotency_Key="k1"))
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.content for reply in replies}) == 1
    assert sum("Idempotent-Replay" in reply for reply in replies) == 3
    assert Nomination.objects.count() == 1


def test_what_one_has_is_not_sent_again(as_ana, world):
    at = f"/clips/{world.clip().uuid}"
    tag = as_ana.get(at)["ETag"]
    reply = as_ana.get(at, If_None_Match=f'"other", {tag}')
    assert (reply.status_code, reply.content, reply["ETag"]) == (304, b"", tag)
    Clip.objects.update(title="new")
    assert as_ana.get(at, If_None_Match=tag).status_code == 200


def test_a_clip_is_mended_by_whoever_read_its_present_state(as_cara, world):
    clip = world.clip()
    at = f"/clips/{clip.uuid}"
    tag = as_cara.get(at)["ETag"]
    assert refused(as_cara.patch(at, {"title": "A dog"}))[0] == 428
    done = as_cara.patch(at, {"title": "A dog", "tags": ["dog", "bark"]}, If_Match=tag)
    assert done.status_code == 200, done.content
    assert done.json()["tags"] == ["dog", "bark"]
    assert done["ETag"] == as_cara.get(at)["ETag"] != tag
    assert refused(as_cara.patch(at, {"title": "A cat"}, If_Match=tag))[0] == 412
    clip.refresh_from_db()
    assert clip.title == "A dog"
    event = AuditEvent.objects.get(verb="describe_clip")
    assert event.after == {"title": "A dog", "tags": ["dog", "bark"]}


def test_a_clip_is_withdrawn_and_brought_back(as_cara, world):
    nomination = world.nominated_clips(1)[0]
    at = f"/clips/{nomination.clip.uuid}"
    gone = as_cara.patch(at, {"state": "withdrawn", "reason": "asked for"}, If_Match="*")
    assert gone.json()["state"] == "withdrawn"
    nomination.refresh_from_db()
    assert not nomination.is_askable
    assert AuditEvent.objects.get(verb="withdraw_clip").after["reason"] == "asked for"
    assert as_cara.patch(at, {"state": "available"}, If_Match=gone["ETag"]).status_code == 200
    nomination.refresh_from_db()
    assert nomination.is_askable


@pytest.mark.parametrize(
    "change", [{"tags": ["x" * 101]}, {"tags": [""]}, {"title": "\x00"}, {"state": "gone"}, [], "x"]
)
def test_nothing_is_half_written(as_cara, world, change):
    clip = world.clip(title="before")
    at = f"/clips/{clip.uuid}"
    if isinstance(change, dict):
        change = {"description": "after", **change}
    assert refused(as_cara.patch(at, change, If_Match="*"))[0] == 400
    clip.refresh_from_db()
    assert (clip.title, clip.description) == ("before", "")
