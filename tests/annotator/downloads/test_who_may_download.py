"""Public releases are for everybody, private ones for those who see the collection."""

import re
from urllib.parse import quote

import pytest
from django.urls import reverse

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Collection
from datasets_app.people.models import User
from datasets_app.releases.access import readable_release, readable_releases
from datasets_app.releases.models import Release
from datasets_app.releases.publishing import publish_release
from tests.annotator.world import World
from tests.datasets_app.releases.storage.made_releases import make_release

pytestmark = pytest.mark.django_db
HERE = "/collections/yard/releases/1.0"
ADDRESSES = [
    f"{HERE}/files/dev_audio/a.wav",
    f"{HERE}/files/MANIFEST.json",
    f"{HERE}/MANIFEST.json",
    f"{HERE}/SHA256SUMS",
    f"{HERE}/archives/dev_audio.tar",
]
WAYS = [{}, {"Range": "bytes=0-3"}, {"If-None-Match": "*"}, {"Range": "bytes=999999999-"}]


@pytest.fixture
def release(world: World, tmp_path) -> Release:
    return make_release(tmp_path / "released")


def answers(client, address: str) -> set[int]:
    """Return the statuses of every way to ask for an address."""
    found = [ask(address, headers=way) for ask in (client.get, client.head) for way in WAYS]
    return {response.status_code for response in found}


def said(response, address: str) -> str:
    """Return a page without what differs by itself: its own address and its form's secrets."""
    text = response.content.decode().replace(address, "ADDRESS").replace(quote(address), "ADDRESS")
    text = text.replace(quote(address, safe=""), "ADDRESS")
    return re.sub(r"[A-Za-z0-9]{64}", "TOKEN", text)


@pytest.mark.parametrize("address", ADDRESSES)
def test_strangers_find_nothing_of_a_private_release(client, release, address):
    assert answers(client, address) == {404}
    absent = client.get(address.replace("1.0", "9.9"))
    found = client.get(address)
    assert said(found, address) == said(absent, address.replace("1.0", "9.9"))
    assert found.headers.keys() == absent.headers.keys()


@pytest.mark.parametrize("address", ADDRESSES)
def test_everybody_finds_a_public_release(client, release, address):
    publish_release(release=release)
    assert 404 not in answers(client, address)
    assert client.head(address)["Cache-Control"] == "public, no-cache"


@pytest.mark.parametrize("address", ADDRESSES)
def test_whoever_sees_the_collection_finds_its_releases(client, world, release, address):
    client.force_login(world.annotator())
    assert 404 not in answers(client, address)
    assert client.head(address)["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("address", ADDRESSES)
def test_others_than_members_find_nothing_of_a_private_collection(client, world, release, address):
    Collection.objects.update(is_private=True)
    member, other = world.annotator("ana"), world.curator("cara")
    release.collection.members.add(member)
    client.force_login(other)
    assert answers(client, address) == {404}
    client.force_login(member)
    assert 404 not in answers(client, address)


def test_a_sign_in_without_a_role_reads_public_releases_only(world, release):
    nobody = world.user("nora")
    assert not readable_releases(nobody).exists()
    assert not readable_releases(None).exists()
    publish_release(release=release)
    assert readable_release(nobody, "yard", "1.0") == release
    assert list(readable_releases(None)) == [release]
    with pytest.raises(Release.DoesNotExist):
        readable_release(nobody, "yard", "9.9")


def test_a_curator_opens_and_closes_a_release_on_record(client, world, release):
    curator = world.curator()
    client.force_login(curator)
    address = reverse("publish-release", args=["yard", "1.0"])
    for public, is_public in [("yes", True), ("yes", True), ("no", False)]:
        assert client.post(address, {"public": public}).status_code == 302
        release.refresh_from_db()
        assert release.is_public is is_public
    events = AuditEvent.objects.filter(record_type="release").order_by("pk")
    assert [(e.verb, e.actor, e.after) for e in events] == [
        ("publish_release", curator, {"is_public": True}),
        ("withdraw_publication", curator, {"is_public": False}),
    ]


def test_anything_but_yes_or_no_changes_nothing(client, world, release):
    client.force_login(world.curator())
    response = client.post(reverse("publish-release", args=["yard", "1.0"]), {"public": "true"})
    assert response.status_code == 400
    release.refresh_from_db()
    assert not release.is_public


def test_only_curators_open_a_release(client, world, release):
    address = reverse("publish-release", args=["yard", "1.0"])
    assert client.post(address, {"public": "yes"}).status_code in (302, 403)
    client.force_login(world.user("eva", User.Role.EXPERT))
    assert client.post(address, {"public": "yes"}).status_code == 403
    client.force_login(world.curator())
    assert client.get(address).status_code == 405
    release.refresh_from_db()
    assert not release.is_public


def test_a_curator_from_outside_cannot_close_a_public_release(client, world, release):
    publish_release(release=release)
    Collection.objects.update(is_private=True)
    client.force_login(world.curator())
    address = reverse("publish-release", args=["yard", "1.0"])
    assert client.post(address, {"public": "no"}).status_code == 404
    release.refresh_from_db()
    assert release.is_public
