"""Roles, and the annotator behind a person or an imported name."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError

from datasets_app.people.models import Annotator, User
from datasets_app.people.services import (
    annotator_of_user,
    annotators_of_source,
    grant_role,
    has_role,
)

pytestmark = pytest.mark.django_db


def test_a_role_is_what_was_granted_and_nothing_more():
    user = User.objects.create_user("ada")
    grant_role(user=user, role=User.Role.ANNOTATOR)
    grant_role(user=user, role=User.Role.ANNOTATOR)
    assert has_role(user=user, role=User.Role.ANNOTATOR)
    assert not has_role(user=user, role=User.Role.CURATOR)


def test_a_superuser_has_every_role():
    admin = User.objects.create_superuser("root")
    assert all(has_role(user=admin, role=role) for role in User.Role)


def test_somebody_who_is_not_signed_in_has_no_role():
    assert not any(has_role(user=AnonymousUser(), role=role) for role in User.Role)


def test_a_person_has_one_annotator_record_however_often_it_is_asked_for():
    user = User.objects.create_user("ada")
    assert annotator_of_user(user=user) == annotator_of_user(user=user)


def test_an_imported_name_is_never_the_person_of_that_name():
    person = annotator_of_user(user=User.objects.create_user("ada"))
    imported = annotators_of_source(source="yard", names=["ada", "ben", "ada"])
    assert imported.keys() == {"ada", "ben"}
    assert imported["ada"] != person
    assert imported["ada"].user is None


def test_two_sources_may_know_the_same_name():
    first = annotators_of_source(source="yard", names=["ada"])
    second = annotators_of_source(source="street", names=["ada"])
    assert first["ada"] != second["ada"]


def test_names_seen_before_are_found_again():
    before = annotators_of_source(source="yard", names=["ada"])
    after = annotators_of_source(source="yard", names=["ada", "ben"])
    assert after["ada"] == before["ada"]
    assert Annotator.objects.count() == 2


def test_the_database_itself_refuses_a_user_behind_an_imported_name():
    user = User.objects.create_user("ada")
    with pytest.raises(IntegrityError):
        Annotator.objects.create(source="yard", name="ada", user=user)


def test_a_person_who_changes_their_name_keeps_their_record():
    user = User.objects.create_user("ada")
    record = annotator_of_user(user=user)
    user.username = "lovelace"
    user.save()
    newcomer = User.objects.create_user("ada")
    assert annotator_of_user(user=user) == record
    assert annotator_of_user(user=newcomer) != record
