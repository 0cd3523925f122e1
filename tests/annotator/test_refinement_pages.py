"""The pages where experts refine recordings and decide conflicts."""

import json
import re
import uuid

import pytest
from django.urls import reverse

from datasets_app.clips.models import Clip
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.adjudication.models import Adjudication
from datasets_app.labels.models import Label
from datasets_app.labels.refinement.models import (
    Completeness,
    RefinedLabel,
    RefinementPass,
    RefinementSettings,
    SoundEvent,
)
from datasets_app.labels.services import infer_labels
from datasets_app.ontology.models import Closure, Edge
from datasets_app.people.models import User
from datasets_app.people.services import annotator_of_user
from datasets_app.votes.models import Vote
from datasets_app.votes.services import cast_vote


@pytest.fixture
def expert(world, client):
    """A client signed in as the expert eve, and a collection that refines all of its clips."""
    RefinementSettings.objects.create(collection=world.collection, side="all")
    client.force_login(world.user("eve", User.Role.EXPERT))
    return client


@pytest.fixture
def take(world, expert):
    """Let eve take the next recording."""

    def press() -> Clip:
        response = expert.post(reverse("refine", args=["yard"]))
        assert response.status_code == 302
        return Clip.objects.get(uuid=response["Location"].rsplit("/", 1)[1])

    return press


@pytest.fixture
def change(expert):
    """Send a change of a pass."""

    def send(clip: Clip, *, status: int = 200, **body):
        address = reverse("refine-changes", args=["yard", clip.uuid])
        sent = {"idempotency_key": str(uuid.uuid4()), **body}
        response = expert.post(address, json.dumps(sent), content_type="application/json")
        assert response.status_code == status, response.content
        return response.json()

    return send


@pytest.fixture
def conflict(world):
    """A recording on which four people disagree."""

    def make(*, comment: str = ""):
        nomination = world.nominate(world.clip())
        for number, answer in enumerate(["PP", "PP", "NP", "NP"]):
            name = f"voter{number}"
            user = User.objects.filter(username=name).first() or world.annotator(name)
            vote = cast_vote(
                nomination=nomination,
                annotator=annotator_of_user(user=user),
                answer=Answer(answer),
                task=Vote.Task.VALIDATION,
            )
        Vote.objects.filter(pk=vote.pk).update(comment=comment)
        infer_labels(collection=world.collection, nominations=[nomination.pk])
        return nomination

    return make


def data_of(page: str) -> dict:
    return json.loads(re.search(r'<script id="page-data"[^>]*>(.*?)</script>', page)[1])


def page_of(client, name: str, *args) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


class TestRefinement:
    def test_is_for_experts(self, world, client):
        client.force_login(world.annotator())
        for name in ("refine", "refine-classes"):
            assert client.get(reverse(name, args=["yard"])).status_code == 403

    def test_starts_where_it_stands(self, world, expert):
        world.clip(), world.clip()
        page = page_of(expert, "refine", "yard")
        assert "Name every sound you hear" in page
        assert "2 recordings still have a seat for you" in page

    def test_without_a_split_says_what_a_curator_does(self, world, expert):
        RefinementSettings.objects.all().delete()
        world.clip()
        assert "assign_splits" in page_of(expert, "refine", "yard")

    def test_gives_the_next_recording_and_goes_on_with_it(self, world, take):
        world.clip(), world.clip()
        assert take() == take()

    def test_shows_the_labels_with_their_votes_and_no_suggestion(self, world, take, expert):
        clip = world.clip()
        world.nominate(clip)  # a model's suspicion
        rain = world.nominate(clip, world.sound_class("/m/rain", "Rain"))
        rain.origin = "keyword"
        rain.save()
        cast_vote(
            nomination=rain,
            annotator=annotator_of_user(user=world.annotator()),
            answer=Answer.PP,
            task=Vote.Task.VALIDATION,
        )
        page = page_of(expert, "refine-clip", "yard", take().uuid)
        (label,) = data_of(page)["labels"]
        assert (label["name"], label["answers"], label["kind"]) == ("Rain", {"PP": 1}, "given")
        assert "0.987" not in page

    def test_saves_each_change_and_ends_with_a_certificate_and_a_second_look(
        self, world, take, change, expert
    ):
        world.nominate(world.clip())
        rain = world.sound_class("/m/rain", "Rain")
        clip = take()
        change(clip, verb="label", sound_class=rain.mid, answer="PP")
        event = str(uuid.uuid4())
        change(clip, verb="mark", sound_class=rain.mid, event=event, onset_s=0.1, offset_s=0.5)
        change(clip, verb="finish")
        assert Completeness.objects.filter(clip=clip, withdrawn_at=None).count() == 1
        shown = data_of(page_of(expert, "refine-clip", "yard", clip.uuid))
        assert [(one["name"], one["kind"]) for one in shown["labels"]] == [
            ("Rain", "own"), ("Bark", "suggested"),
        ]  # fmt: skip
        assert shown["labels"][0]["events"] == [{"uuid": event, "onset_s": 0.1, "offset_s": 0.5}]
        assert (shown["is_finished"], shown["is_certified"]) == (True, True)
        change(clip, verb="unmark", event=event)
        assert not SoundEvent.objects.exists()

    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            ({"verb": "sing"}, "verb"),
            ({"verb": "label"}, "sound_class is missing"),
            ({"verb": "label", "sound_class": "/m/none", "answer": "PP"}, "not in the ontology"),
            ({"verb": "label", "sound_class": "/m/05tny_", "answer": "U"}, "answer"),
            ({"verb": "label", "sound_class": "/m/05tny_", "idempotency_key": "1"}, "key"),
            ({"verb": "mark", "sound_class": "/m/05tny_", "event": str(uuid.uuid4()),
              "onset_s": 0, "offset_s": 9}, "within the clip"),
            ({"verb": "finish"}, "still open: Bark"),
        ],
    )  # fmt: skip
    def test_refuses_what_it_cannot_take_with_a_sentence(self, world, take, change, body, sentence):
        nomination = world.nominate(world.clip())
        nomination.origin = "keyword"
        nomination.save()
        clip = take()
        if body["verb"] == "mark":
            change(clip, verb="label", sound_class="/m/05tny_", answer="PP")
        assert sentence in change(clip, status=400, **body)["error"]
        assert not SoundEvent.objects.exists()
        assert not Completeness.objects.exists()

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"a":' * 5000])
    def test_refuses_what_is_no_json_object(self, world, take, expert, body):
        world.clip()
        address = reverse("refine-changes", args=["yard", take().uuid])
        response = expert.post(address, body, content_type="application/json")
        assert response.status_code == 400
        assert "JSON" in response.json()["error"] or "verb" in response.json()["error"]

    def test_takes_nothing_for_a_recording_that_one_has_not_taken(self, world, expert, change):
        assert "not taken" in change(world.clip(), status=404, verb="finish")["error"]

    def test_tells_who_is_signed_out_that_the_change_is_kept(self, world, take, change, expert):
        world.clip()
        clip = take()
        expert.logout()
        assert "kept here" in change(clip, status=401, verb="finish")["error"]

    def test_offers_a_recording_by_its_address_while_a_seat_is_free(self, world, expert):
        clip = world.clip()
        address = reverse("refine-clip", args=["yard", clip.uuid])
        assert "Take it" in expert.get(address).content.decode()
        assert "In this recording" in expert.post(address).content.decode()
        RefinementPass.objects.all().delete()
        RefinementSettings.objects.update(n_people=1)
        other = world.user("olga", User.Role.EXPERT)
        RefinementPass.objects.create(
            clip=clip, annotator=annotator_of_user(user=other), lease_until="2100-01-01T00:00Z"
        )
        assert "No seat is left" in expert.post(address).content.decode()

    def test_withdrawn_recordings_are_not_there(self, world, take, expert, change):
        world.clip()
        clip = take()
        Clip.objects.update(state=Clip.State.WITHDRAWN)
        assert expert.get(reverse("refine-clip", args=["yard", clip.uuid])).status_code == 404
        change(clip, status=404, verb="finish")

    def test_sends_the_ontology_with_synonyms_and_parents(self, world, expert):
        dog = world.sound_class("/m/dog", "Dog", keywords=["dog", ["puppy", "yelp"]])
        Edge.objects.create(parent=dog, child=world.bark)
        found = expert.get(reverse("refine-classes", args=["yard"])).json()["classes"]
        assert [(c["name"], c["parents"]) for c in found] == [("Bark", ["/m/dog"]), ("Dog", [])]
        assert found[1]["synonyms"] == ["dog", "puppy yelp"]

    def test_compares_a_class_with_its_siblings_and_children(self, world, expert):
        dog, howl = world.sound_class("/m/dog", "Dog"), world.sound_class("/m/howl", "Howl")
        for child in (world.bark, howl):
            Edge.objects.create(parent=dog, child=child)
            Closure.objects.create(ancestor=dog, descendant=child, depth=1, propagates=True)
        nomination = world.nominate(world.clip(), howl)
        Label.objects.create(
            nomination=nomination, state="decided", value="PP", reached_by="agreement"
        )
        page = page_of(expert, "refine-compare", "yard", "/m/05tny_")
        assert "Beside it" in page
        assert str(nomination.clip.uuid) in page
        assert "More specific" in page_of(expert, "refine-compare", "yard", "/m/dog")

    def test_asks_the_database_no_more_for_more_labels_clips_and_classes(
        self, world, take, change, expert, django_assert_max_num_queries
    ):
        world.nominate(world.clip())
        clip = take()
        addresses = [
            reverse("refine", args=["yard"]),
            reverse("refine-clip", args=["yard", clip.uuid]),
            reverse("refine-classes", args=["yard"]),
            reverse("refine-compare", args=["yard", "/m/05tny_"]),
        ]
        for size in range(2):
            for address, most in zip(addresses, (24, 24, 8, 14), strict=True):
                with django_assert_max_num_queries(most):
                    assert expert.get(address).status_code == 200
            for number in range(30):
                sound_class = world.sound_class(f"/m/{size}-{number}", f"Class {number}")
                Edge.objects.get_or_create(parent=world.bark, child=sound_class)
                world.nominate(world.clip(), sound_class)
                change(clip, verb="label", sound_class=sound_class.mid, answer="PP")
        assert RefinedLabel.objects.count() == 60


class TestAdjudication:
    @pytest.fixture
    def decide(self, expert):
        def send(*, status: int = 200, **body):
            sent = {"idempotency_key": str(uuid.uuid4()), **body}
            response = expert.post(
                reverse("adjudications", args=["yard"]),
                json.dumps(sent),
                content_type="application/json",
            )
            assert response.status_code == status, response.content
            return response.json()

        return send

    def test_is_for_experts_and_curators(self, world, client):
        client.force_login(world.annotator())
        assert client.get(reverse("adjudicate", args=["yard"])).status_code == 403
        client.force_login(world.curator())
        assert "No conflict waits for you" in page_of(client, "adjudicate", "yard")

    def test_shows_all_answers_with_comments_and_the_class(self, expert, conflict):
        conflict(comment="<b>I hear a door</b>")
        page = page_of(expert, "adjudicate", "yard")
        assert "Is <em>Bark</em> in this recording?" in page
        assert all(f"voter{n}" in page for n in range(4))
        assert "&lt;b&gt;I hear a door" in page
        assert "Does a howl count? No." in page

    def test_decides_with_a_reason_and_offers_it_again(self, expert, conflict, decide):
        first, _ = conflict(), conflict()
        assert data_of(page_of(expert, "adjudicate", "yard"))["nomination"] == str(first.uuid)
        decide(nomination=str(first.uuid), answer="NP", reason="a door, no bark")
        assert (Label.objects.get(nomination=first).value) == "NP"
        page = page_of(expert, "adjudicate", "yard")
        assert 'data-reason="a door, no bark"' in page
        assert "Take back: Bark, NP" in page

    def test_takes_a_decision_back(self, expert, conflict, decide):
        nomination = conflict()
        decide(nomination=str(nomination.uuid), answer="NP", reason="a door")
        last = data_of(page_of(expert, "adjudicate", "yard"))["last"]
        decide(withdraw=last["uuid"])
        assert Label.objects.get().state == "conflicted"
        page = expert.get(last["url"]).content.decode()
        assert data_of(page)["nomination"] == str(nomination.uuid)
        assert "taken back" in page

    @pytest.mark.parametrize(
        ("body", "status", "sentence"),
        [
            ({"answer": "NP", "reason": ""}, 400, "has no reason"),
            ({"answer": "", "reason": "why"}, 400, "has no answer"),
            ({"answer": "XX", "reason": "why"}, 400, "answer"),
            ({"answer": "NP", "reason": "x" * 700}, 400, "at most 500"),
            ({"answer": "NP", "reason": "w", "nomination": str(uuid.uuid4())}, 404, "no longer"),
            ({"withdraw": str(uuid.uuid4())}, 404, "no such decision"),
        ],
    )
    def test_refuses_what_it_cannot_take_with_a_sentence(
        self, conflict, decide, body, status, sentence
    ):
        sent = {"nomination": str(conflict().uuid), **body}
        assert sentence in decide(status=status, **sent)["error"]
        assert not Adjudication.objects.exists()

    def test_refuses_who_had_a_part_in_it(self, world, expert, conflict, decide):
        world.user("olga", User.Role.EXPERT)
        nomination = conflict()
        eve = annotator_of_user(user=User.objects.get(username="eve"))
        nomination.votes.filter(annotator__name="voter0").update(annotator=eve)
        page = page_of(expert, "adjudicate", "yard")
        assert "1 conflict is left for others" in page
        sent = {"nomination": str(nomination.uuid), "answer": "NP", "reason": "w"}
        assert "another expert" in decide(status=409, **sent)["error"]

    def test_asks_the_database_no_more_for_more_conflicts(
        self, expert, conflict, decide, django_assert_max_num_queries
    ):
        for _ in range(2):
            for _ in range(6):
                conflict()
            with django_assert_max_num_queries(36):
                page_of(expert, "adjudicate", "yard")


def test_no_page_carries_inline_script_or_style(world, expert, take, conflict):
    conflict()
    addresses = [
        reverse("refine-clip", args=["yard", take().uuid]),
        reverse("refine", args=["yard"]),
        reverse("adjudicate", args=["yard"]),
        reverse("refine-compare", args=["yard", "/m/05tny_"]),
    ]
    for address in addresses:
        page = expert.get(address).content.decode()
        assert not re.search(r"<style|style=|\son\w+=", page)
        for script in re.findall(r"<script[^>]*>", page):
            assert "src=" in script or 'type="application/json"' in script
