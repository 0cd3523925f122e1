"""Who sees a collection, and making one private."""

import pytest
from django.contrib.auth.models import AnonymousUser

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.access import people_who_see, user_can_see, visible_collections
from datasets_app.clips.privacy import (
    add_collection_member,
    remove_collection_member,
    set_collection_private,
)
from datasets_app.domain.errors import RuleError
from datasets_app.people.models import User
from datasets_app.people.services import grant_role


def person(name: str, *roles: User.Role, **fields: object) -> User:
    user = User.objects.create_user(name, **fields)
    for role in roles:
        grant_role(user=user, role=role)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def cara(db) -> User:
    return person("cara", User.Role.CURATOR)


@pytest.fixture
def hidden(collection, cara):
    set_collection_private(collection=collection, is_private=True, actor=cara)
    return collection


def sees(user, collection) -> bool:
    listed = collection in visible_collections(user)
    assert user_can_see(user=user, collection=collection) == listed
    return listed


@pytest.mark.parametrize("role", list(User.Role))
def test_whoever_has_a_role_sees_an_open_collection(collection, role):
    user = person("rita", role)
    assert sees(user, collection)
    assert user in people_who_see(collection)


@pytest.mark.parametrize("role", [r for r in User.Role if r != User.Role.ADMINISTRATOR])
def test_no_role_but_an_administrators_opens_a_private_collection(hidden, role):
    user = person("rita", role)
    assert not sees(user, hidden)
    assert user not in people_who_see(hidden)


def test_administrators_and_superusers_see_every_collection(hidden):
    for user in (
        person("ada", User.Role.ADMINISTRATOR),
        person("root", is_superuser=True),
    ):
        assert sees(user, hidden)
        assert user in people_who_see(hidden)


def test_who_is_not_signed_in_or_has_no_role_sees_nothing(collection):
    for user in (None, AnonymousUser(), person("new"), person("gone", is_active=False)):
        assert not sees(user, collection)


def test_a_closed_account_sees_nothing_whatever_its_role(hidden, cara):
    cara.is_active = False
    cara.save()
    assert not sees(cara, hidden)
    assert cara not in people_who_see(hidden)


def test_a_member_sees_it_until_taken_out(hidden, cara):
    ana = person("ana", User.Role.ANNOTATOR)
    add_collection_member(collection=hidden, user=ana, actor=cara)
    assert sees(ana, hidden)
    assert set(people_who_see(hidden)) == {ana, cara}
    remove_collection_member(collection=hidden, user=ana, actor=cara)
    assert not sees(ana, hidden)


def test_a_member_who_lost_every_role_sees_nothing(hidden, cara):
    ana = person("ana", User.Role.ANNOTATOR)
    add_collection_member(collection=hidden, user=ana, actor=cara)
    ana.groups.clear()
    assert not sees(User.objects.get(pk=ana.pk), hidden)
    assert ana not in people_who_see(hidden)


def test_who_makes_it_private_keeps_seeing_it_and_it_is_on_record(collection, cara):
    set_collection_private(collection=collection, is_private=True, actor=cara)
    set_collection_private(collection=collection, is_private=True, actor=cara)
    assert sees(cara, collection)
    event = AuditEvent.objects.get(verb="set_collection_private")
    assert (event.actor, event.before, event.after) == (
        cara,
        {"is_private": False},
        {"is_private": True},
    )


def test_nobody_takes_themselves_out(hidden, cara):
    with pytest.raises(RuleError, match="ask another curator"):
        remove_collection_member(collection=hidden, user=cara, actor=cara)
    assert sees(cara, hidden)


def test_somebody_without_a_role_cannot_be_a_member(hidden, cara):
    for nobody in (person("new"), person("gone", User.Role.ANNOTATOR, is_active=False)):
        with pytest.raises(RuleError, match="has no role here"):
            add_collection_member(collection=hidden, user=nobody, actor=cara)


def test_members_come_and_go_on_record_and_once(hidden, cara):
    ana = person("ana", User.Role.ANNOTATOR)
    for _ in range(2):
        add_collection_member(collection=hidden, user=ana, actor=cara)
    for _ in range(2):
        remove_collection_member(collection=hidden, user=ana, actor=cara)
    verbs = AuditEvent.objects.filter(verb__endswith="_member").order_by("pk")
    assert [(e.verb, e.after) for e in verbs] == [
        ("add_collection_member", {"member": str(ana.uuid)}),
        ("remove_collection_member", {"member": str(ana.uuid)}),
    ]
