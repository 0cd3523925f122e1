"""A private collection does not exist for those outside it, at any address of the site.

The addresses are those that the site itself lists: a page that is added is tried here from its
first day, and one whose parameters are not known here fails until they are.
"""

import re
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from datasets_app.people.models import User
from tests.security.addresses import Address, all_addresses
from tests.security.hidden import SECRET, HiddenCollection

EMPTY_FOR_MEMBERS_TOO = {
    "challenge-package": "its package was not built",
    "api/v1/nominations/<uuid:nomination>/label": "nothing is decided about it",
}
"""Addresses at which this collection has nothing yet, and why."""

OF_NO_COLLECTION = {
    "end-token": "tokens are one's own",
    "invitation": "its secret is the right",
    "revoke-invitation": "invitations are the site's",
    "person": "accounts are the site's",
    "set-role": "accounts are the site's",
}
"""Addresses with parameters that lead to no collection, and why."""

ADDRESSES = all_addresses()
OF_COLLECTIONS = [a for a in ADDRESSES if a.params and a.name not in OF_NO_COLLECTION]
OF_NOTHING = [a for a in ADDRESSES if not a.params and a.name != "sign-out"]


@pytest.fixture
def hidden(world) -> HiddenCollection:
    return HiddenCollection(world)


def nothing_like(value: object) -> object:
    """Return a value of the same kind that stands for no record."""
    if isinstance(value, UUID):
        return uuid4()
    return 10**9 if isinstance(value, int) else value


def path_of(address: Address, hidden: HiddenCollection, *, to_nothing: bool = False) -> str:
    known = hidden.values()
    if to_nothing:
        known = {key: nothing_like(value) for key, value in known.items()} | {"name": "nowhere"}
    found = {}
    for param in address.params:
        value = known.get(f"{address.name}:{param}", known.get(param))
        if value is None:
            pytest.fail(
                f"Nobody said what {param!r} of {address.route} stands for: give a value in "
                "tests/security/hidden.py, or the reason why it leads to no collection here."
            )
        found[param] = value
    return address.path(found)


def replies(
    client, user: User, address: Address, hidden: HiddenCollection, *, to_nothing: bool = False
) -> dict:
    client.force_login(user)
    path = path_of(address, hidden, to_nothing=to_nothing)
    body = hidden.body(address.name)
    sent = {
        "GET": client.get(path, hidden.query(address.name)),
        "POST": client.post(path, body, content_type="application/json"),
        "PUT": client.put(path, body, content_type="application/json"),
        "PATCH": client.patch(path, body, content_type="application/json"),
        "DELETE": client.delete(path, body, content_type="application/json"),
    }
    if not body:
        sent["POST of a form"] = client.post(path)
    return {method: reply for method, reply in sent.items() if reply.status_code != 405}


@pytest.mark.parametrize("address", OF_COLLECTIONS, ids=str)
def test_an_outsider_with_every_role_finds_nothing_where_a_member_does(hidden, client, address):
    of_nothing = replies(client, hidden.outsider, address, hidden, to_nothing=True)
    for method, reply in replies(client, hidden.outsider, address, hidden).items():
        if reply.status_code != 404:  # as what is malformed: then exactly as for what is not there
            assert told_by(reply) == told_by(of_nothing[method]), f"{method} {address.route}"
            assert reply.status_code >= 400 or not read(reply), f"{method} {address.route}"
        assert SECRET not in read(reply)
    # A member finds something, or the outsider would have been asked about nothing.
    client.raise_request_exception = False
    found = replies(client, hidden.insider, address, hidden)
    assert found
    if address.name not in EMPTY_FOR_MEMBERS_TOO:
        assert {reply.status_code for reply in found.values()} != {404}, address.route


@pytest.mark.parametrize("address", OF_NOTHING, ids=str)
def test_no_page_of_the_whole_site_shows_it_to_an_outsider(hidden, client, address):
    hidden.vote.delete()  # one's own answers, with one's own words, stay one's own
    client.force_login(hidden.outsider)
    told = read(client.get(address.path({})))
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


def told_by(reply) -> tuple[int, str]:
    """Return a reply without what differs each time it is given."""
    return reply.status_code, re.sub(r"[0-9a-f-]{32,36}|/[^\s\"]*", "…", read(reply))


def read(reply) -> str:
    content = b"".join(reply.streaming_content) if reply.streaming else reply.content
    return content.decode("utf-8", "replace")
