"""The pages of releases: who may see them, what they show, and what they cost."""

import re
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotator.releases import ready_difference
from datasets_app.clips.models import Clip, Collection
from datasets_app.labels.services import infer_labels
from datasets_app.people.models import User
from datasets_app.people.services import grant_role
from datasets_app.releases.models import Release
from datasets_app.releases.options import FIRST_LAYOUT
from datasets_app.releases.services import build_release
from datasets_app.votes.models import Vote
from tests.datasets_app.releases.small_collection import make_collection


@pytest.fixture
def collection(db, own_var_dir: Path) -> Collection:
    cache.clear()
    return make_collection()


@pytest.fixture
def first(collection: Collection, tmp_path: Path) -> Release:
    return release(collection, tmp_path, "1.0")


@pytest.fixture
def second(collection: Collection, first: Release, tmp_path: Path) -> Release:
    """A release after c03 was withdrawn and c04's answers were changed."""
    Clip.objects.filter(external_id="c03").update(state=Clip.State.WITHDRAWN)
    Vote.objects.filter(nomination__clip__external_id="c04", answer="PP").update(answer="NP")
    return release(collection, tmp_path, "1.1")


def release(collection: Collection, tmp_path: Path, version: str) -> Release:
    infer_labels(collection=collection)
    out = tmp_path / version
    return build_release(collection=collection, version=version, out=out, options=FIRST_LAYOUT)


def sign_in(client, role: User.Role) -> None:
    user = User.objects.create_user(role.value, password="listen-first")
    grant_role(user=user, role=role)
    client.force_login(user)


@pytest.fixture
def member(db, client):
    sign_in(client, User.Role.ANNOTATOR)
    return client


@pytest.fixture
def curator(db, client):
    sign_in(client, User.Role.CURATOR)
    return client


def text(response) -> str:
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


ADDRESSES = [
    reverse("releases", args=["small"]),
    reverse("release", args=["small", "1.1"]),
    reverse("release-changes", args=["small", "1.1", "1.0"]),
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_stranger_learns_nothing_of_a_release_for_members(client, second, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ADDRESSES)
def test_everybody_sees_a_public_release(client, second, address):
    Release.objects.update(is_public=True)
    said = text(client.get(address))
    assert "Sign out" not in said
    assert "Refinement" not in said


def test_the_changes_since_a_release_that_one_may_not_read_are_not_shown(client, first, second):
    Release.objects.filter(pk=second.pk).update(is_public=True)
    assert client.get(ADDRESSES[2]).status_code == 404
    page = client.get(ADDRESSES[1])
    assert "Changes since" not in text(page)
    assert ADDRESSES[2] not in page.content.decode()
    assert "1.0" not in re.sub(r"CC0 1\.0|-1\.0", "", text(client.get(ADDRESSES[0])))


def test_nobody_outside_sees_a_private_collection_by_its_releases(client, collection, second):
    Collection.objects.update(is_private=True)
    sign_in(client, User.Role.ANNOTATOR)
    assert [client.get(address).status_code for address in ADDRESSES] == [404, 404, 404]


@pytest.mark.parametrize("version", ["9", "1.1%00", "..", "1.1'--"])
def test_a_version_there_is_not_is_not_found(member, second, version):
    assert member.get(f"/collections/small/releases/{version}/").status_code == 404


def test_the_card_shows_what_the_release_holds(member, second):
    page = member.get(ADDRESSES[1])
    said = text(page)
    assert "small 1.1" in said
    assert "0 uploaders are on both sides" in said
    assert "least contamination used here 0.0 33.3" in said
    assert "1 clip had been withdrawn" in said
    assert "There was no noise audit" in said
    assert page.content.decode().count('<svg class="plot"') == 10
    assert "Open it to everybody" not in said


def test_the_lines_to_copy_name_the_site_and_the_files(member, second):
    said = member.get(ADDRESSES[1], headers={"host": "testserver"}).content.decode()
    assert "curl -fO http://testserver/collections/small/releases/1.1/SHA256SUMS" in said
    assert "sha256sum -c SHA256SUMS" in said
    assert second.manifest_sha256 in said
    assert "@misc{small-1.1," in said
    assert f"year = {{{second.created_at.year}}}" in said
    assert reverse("release-file", args=["small", "1.1", "ground_truth/dev.csv"]) in said


def test_a_curator_can_open_a_release_and_learns_how_to_build_the_next(curator, second):
    assert "Open it to everybody" in text(curator.get(ADDRESSES[1]))
    assert "manage.py build_release --collection small" in text(curator.get(ADDRESSES[0]))
    curator.post(reverse("publish-release", args=["small", "1.1"]), {"public": "yes"})
    assert "Keep it to members" in text(curator.get(ADDRESSES[1]))


def test_a_release_from_before_cards_had_numbers_says_so(member, first):
    Release.objects.update(manifest_sha256="0" * 64)
    said = text(member.get(reverse("release", args=["small", "1.0"])))
    assert "README.md says what it holds" in said
    assert "damaged or gone on this server" in said


def test_changes_are_counted_by_cause_and_shown_clip_by_clip(member, second):
    said = text(member.get(ADDRESSES[2]))
    assert "The clip was withdrawn 2" in said
    assert "No class below implies it any more Dog" in said
    assert "c03" in said and "withdrawn" in said
    lost = text(member.get(ADDRESSES[2], {"kind": "lost"}))
    assert "Animal" in lost
    assert "Nothing of this kind" in text(member.get(ADDRESSES[2], {"kind": "gained"}))
    gone = text(member.get(ADDRESSES[2], {"clips": "removed"}))
    assert "withdrawn, was in train" in gone


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "x", "cause": "x", "clips": "x", "after": "x"},
        {"after": "9" * 40},
        {"after": "٣"},
        {"class": "' OR 1=1 --"},
        {"cause": "clip_withdrawn", "class": "/m/bell", "kind": "lost"},
    ],
)
def test_a_filter_that_means_nothing_does_no_harm(member, second, asked):
    assert member.get(ADDRESSES[2], asked).status_code == 200


def test_changes_go_on_from_page_to_page(member, second, monkeypatch):
    monkeypatch.setattr("annotator.releases.changes_page.PER_PAGE", 1)
    address, seen = "?", []
    while address:
        page = member.get(ADDRESSES[2] + address.replace("&amp;", "&")).content.decode()
        seen += re.findall(r'class="change__label">.*?<strong>(.*?)</strong>', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following and following[1]
    assert seen == ["Bell_and_chime", "Bark", "Animal"] or sorted(seen) == sorted(
        ["Bark", "Bell, chime", "Animal"]
    )


def test_large_releases_are_compared_by_a_command(member, second, monkeypatch):
    monkeypatch.setattr(ready_difference, "MOST_CLIPS", 1)
    said = text(member.get(ADDRESSES[2]))
    assert "manage.py diff_releases small 1.0 1.1" in said
    assert "Every change, with its cause" in text(member.get(ADDRESSES[1]))


def test_a_folder_that_was_tampered_with_is_said_and_shown_no_further(member, second):
    (Path(second.path) / "ground_truth/labels.csv").write_text("nonsense\n")
    assert "labels.csv has the columns" in text(member.get(ADDRESSES[2]))


def test_a_name_that_is_markup_stays_text(member, collection, second):
    Clip.objects.filter(external_id="c04").update(title="<img src=x onerror=alert(1)>")
    page = member.get(ADDRESSES[2]).content.decode()
    assert "<img src=x" not in page


def test_pages_cost_the_same_however_much_changed(member, collection, second, tmp_path):
    def n_queries(address: str) -> int:
        member.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert member.get(address).status_code == 200
        return len(asked)

    before = [n_queries(address) for address in ADDRESSES]
    Vote.objects.update(answer="NP")
    release(collection, tmp_path, "2.0")
    release(collection, tmp_path, "3.0")
    after = [
        n_queries(address)
        for address in (
            ADDRESSES[0],
            reverse("release", args=["small", "2.0"]),
            reverse("release-changes", args=["small", "2.0", "1.0"]),
        )
    ]
    assert after == before
    assert max(before) <= 16
