"""A private collection does not exist for those outside it, at any address of the site.

The addresses are those that the site itself lists: a page that is added is tried here from its
first day, and one whose parameters are not known here fails until they are.
"""

import pytest
from django.urls import reverse

from datasets_app.people.models import User
from tests.security.addresses import Address, all_addresses
from tests.security.hidden import SECRET, HiddenCollection

OF_NO_COLLECTION = {
    "invitation": "its secret is the right",
    "revoke-invitation": "invitations are the site's",
    "person": "accounts are the site's",
    "set-role": "accounts are the site's",
    "openid_connect_login": "signing in",
    "openid_connect_callback": "signing in",
}
"""Addresses with parameters that lead to no collection, and why."""

ADDRESSES = all_addresses()
OF_COLLECTIONS = [a for a in ADDRESSES if a.params and a.name not in OF_NO_COLLECTION]
OF_NOTHING = [a for a in ADDRESSES if not a.params and a.name != "sign-out"]


@pytest.fixture
def hidden(world) -> HiddenCollection:
    return HiddenCollection(world)


def path_of(address: Address, hidden: HiddenCollection) -> str:
    known = hidden.values()
    found = {}
    for param in address.params:
        value = known.get(f"{address.name}:{param}", known.get(param))
        if value is None:
            pytest.fail(
                f"Nobody said what {param!r} of {address.route} stands for: give a value in "
                "tests/security/hidden.py, or the reason why it leads to no collection here."
            )
        found[param] = value
    return reverse(address.name, kwargs=found)


def replies(client, user: User, address: Address, hidden: HiddenCollection) -> dict:
    client.force_login(user)
    path, body = path_of(address, hidden), hidden.body(address.name)
    sent = {
        "GET": client.get(path, hidden.query(address.name)),
        "POST": client.post(path, body, content_type="application/json"),
    }
    if not body:
        sent["POST of a form"] = client.post(path)
    return {method: reply for method, reply in sent.items() if reply.status_code != 405}


@pytest.mark.parametrize("address", OF_COLLECTIONS, ids=str)
def test_an_outsider_with_every_role_finds_nothing_where_a_member_does(hidden, client, address):
    for method, reply in replies(client, hidden.outsider, address, hidden).items():
        assert reply.status_code == 404, f"{method} {address.route}"
        assert SECRET not in read(reply)
    # A member finds something, or the outsider would have been asked about nothing.
    client.raise_request_exception = False
    found = replies(client, hidden.insider, address, hidden)
    assert found
    assert {reply.status_code for reply in found.values()} != {404}


@pytest.mark.parametrize("address", OF_NOTHING, ids=str)
def test_no_page_of_the_whole_site_shows_it_to_an_outsider(hidden, client, address):
    hidden.vote.delete()  # one's own answers, with one's own words, stay one's own
    client.force_login(hidden.outsider)
    told = read(client.get(reverse(address.name)))
    assert SECRET not in told
    assert f"/{hidden.collection.name}/" not in told
    assert str(hidden.clip.uuid) not in told


def test_the_home_page_shows_it_to_a_member(hidden, client):
    client.force_login(hidden.insider)
    assert f"/{hidden.collection.name}/" in read(client.get(reverse("home")))


def test_another_collection_of_its_ontology_does_not_name_it(hidden, world, client):
    other = type(hidden.collection).objects.create(name="open-air", ontology=world.ontology)
    client.force_login(hidden.outsider)
    page = read(client.get(reverse("mapping", args=[other.name, world.bark.mid])))
    assert hidden.collection.name not in page


def test_somebody_with_no_role_yet_hears_and_sees_nothing_of_an_open_one(hidden, world, client):
    hidden.collection.is_private = False
    hidden.collection.save()
    client.force_login(world.user("newcomer"))
    clip = [hidden.clip.uuid]
    assert client.get(reverse("clip-media", args=[*clip, "peaks.json"])).status_code == 404
    assert client.get(reverse("clip", args=clip)).status_code == 403


def read(reply) -> str:
    content = b"".join(reply.streaming_content) if reply.streaming else reply.content
    return content.decode("utf-8", "replace")
