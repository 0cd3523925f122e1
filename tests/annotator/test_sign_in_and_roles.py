"""Who gets in, and where."""

import uuid

import pytest
from django.urls import reverse

from datasets_app.people.models import User
from tests.annotator.world import PASSWORD

BARK = ["yard", "/m/05tny_"]


def test_every_page_asks_a_stranger_to_sign_in(world, client):
    clip = world.clip()
    for address in (
        reverse("home"),
        reverse("validate", args=BARK),
        reverse("collection", args=["yard"]),
        reverse("collection-runs", args=["yard"]),
        reverse("clip-media", args=[clip.uuid, "preview.mp3"]),
    ):
        response = client.get(address)
        assert response.status_code == 302, address
        assert response["Location"].startswith(reverse("sign-in")), address


def test_signing_in_leads_to_the_page_that_was_asked_for(world, client):
    world.annotator()
    wanted = reverse("validate", args=BARK)
    form = {"username": "ana", "password": PASSWORD, "next": wanted}
    assert client.post(reverse("sign-in"), form)["Location"] == wanted


def test_signing_in_never_leads_to_another_site(world, client):
    world.annotator()
    form = {"username": "ana", "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert client.post(reverse("sign-in"), form)["Location"] == reverse("home")


def test_a_wrong_password_is_told_in_words(world, client):
    world.annotator()
    response = client.post(reverse("sign-in"), {"username": "ana", "password": "wrong"})
    assert response.status_code == 200
    assert b'role="alert"' in response.content


def test_signing_out_needs_a_post(as_annotator):
    assert as_annotator.get(reverse("sign-out")).status_code == 405
    assert as_annotator.post(reverse("sign-out")).status_code == 302
    assert as_annotator.get(reverse("home")).status_code == 302


@pytest.mark.parametrize(
    ("roles", "validate", "collection"),
    [
        ((), 403, 403),
        ((User.Role.ANNOTATOR,), 200, 403),
        ((User.Role.EXPERT,), 200, 403),
        ((User.Role.CURATOR,), 403, 200),
        ((User.Role.CURATOR, User.Role.ANNOTATOR), 200, 200),
    ],
)
def test_each_role_sees_its_pages(world, client, roles, validate, collection):
    client.force_login(world.user("someone", *roles))
    assert client.get(reverse("validate", args=BARK)).status_code == validate
    assert client.get(reverse("collection", args=["yard"])).status_code == collection
    assert client.get(reverse("collection-runs", args=["yard"])).status_code == collection


def test_a_refused_person_is_told_whom_to_ask(world, client):
    client.force_login(world.user("someone"))
    response = client.get(reverse("validate", args=BARK))
    assert "ask a curator" in response.content.decode()


def test_the_home_page_lists_classes_with_open_work(world, as_annotator):
    world.nominated_clips(3)
    world.nominate(world.clip(), world.sound_class("/m/rain", "Rain"))
    page = as_annotator.get(reverse("home")).content.decode()
    assert "4 recordings need your ears" in page
    assert page.index("Bark") < page.index("Rain")
    assert reverse("validate", args=BARK) in page


def test_the_home_page_offers_to_go_on_where_one_was(world, as_annotator):
    first, *_ = world.nominated_clips(2)
    answer = {"nomination": str(first.uuid), "answer": "PP", "idempotency_key": str(uuid.uuid4())}
    as_annotator.post(reverse("answers", args=["yard"]), answer, content_type="application/json")
    page = as_annotator.get(reverse("home")).content.decode()
    assert "Go on with" in page
    assert "You have judged" in page


def test_an_empty_home_page_says_what_to_do_next(db, client, world):
    world.collection.uploaders.all().delete()
    world.collection.delete()
    for user, words in (
        (world.annotator(), "A curator first has to bring in recordings"),
        (world.curator(), "ingest_clips DIR --collection NAME"),
        (world.user("new"), "Ask a curator to make you an annotator"),
    ):
        client.force_login(user)
        assert words in client.get(reverse("home")).content.decode()


def test_the_home_page_asks_the_database_no_more_for_more_classes(
    world, as_annotator, django_assert_max_num_queries
):
    for i in range(30):
        world.nominate(world.clip(), world.sound_class(f"/m/{i}", f"Class {i}"))
    with django_assert_max_num_queries(24):
        as_annotator.get(reverse("home"))
