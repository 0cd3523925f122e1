"""The page of people: roles, invitations, accounts."""

import csv
import io

import pytest
from django.urls import reverse

from datasets_app.domain.votes.answers import Answer
from datasets_app.people.invitations import create_invitation
from datasets_app.people.models import Invitation, User
from datasets_app.people.roles import has_role
from datasets_app.people.services import annotator_of_user
from datasets_app.votes.models import Vote
from datasets_app.votes.services import cast_vote
from datasets_app.votes.verification import Trust
from datasets_app.votes.verifying import trust_of
from tests.annotator.world import PASSWORD, World

pytestmark = pytest.mark.django_db
Role = User.Role


@pytest.fixture
def administrator(world: World) -> User:
    return world.user("ada", Role.ADMINISTRATOR)


def invited(client, user: User, **fields: object) -> str:
    """Make an invitation on the page and return its link."""
    client.force_login(user)
    page = client.post(reverse("invite"), {"roles": ["annotator"], "days": 7, **fields})
    assert page.status_code == 200, page.content.decode()[:500]
    return page.context["link"]


def test_annotators_do_not_see_who_else_is_here(client, world):
    client.force_login(world.annotator())
    assert client.get(reverse("people")).status_code == 403


def test_an_invited_person_makes_an_account_and_has_the_roles_of_the_invitation(client, world):
    link = invited(client, world.curator(), roles=["annotator", "expert"])
    client.logout()
    assert "annotator" in client.get(link).content.decode().lower()
    answer = client.post(link, {"username": "nina", "password": "a-long-enough-secret"})
    assert answer.url == reverse("home")
    nina = User.objects.get(username="nina")
    assert has_role(user=nina, role=Role.EXPERT)
    assert client.get(reverse("me")).status_code == 200


def test_a_link_works_once(client, world):
    link = invited(client, world.curator())
    client.logout()
    client.post(link, {"username": "nina", "password": "a-long-enough-secret"})
    client.logout()
    again = client.post(link, {"username": "nora", "password": "a-long-enough-secret"})
    assert again.status_code == 410
    assert "used already" in again.content.decode()
    assert not User.objects.filter(username="nora").exists()


def test_a_taken_name_a_weak_password_and_an_unknown_link_get_a_sentence(client, world):
    link = invited(client, world.curator())
    client.logout()
    taken = client.post(link, {"username": "CARA", "password": "a-long-enough-secret"})
    assert "This name is taken" in taken.content.decode()
    weak = client.post(link, {"username": "nina", "password": "12345"})
    assert weak.status_code == 400
    unknown = client.get(reverse("invitation", args=["no-such-token"]))
    assert unknown.status_code == 410
    assert Invitation.objects.get().accepted_at is None


def test_someone_who_is_signed_in_accepts_with_their_own_account(client, world, administrator):
    link = invited(client, administrator, roles=["curator"])
    ana = world.annotator()
    client.force_login(ana)
    assert "Accept as ana" in client.get(link).content.decode()
    client.post(link)
    assert has_role(user=User.objects.get(pk=ana.pk), role=Role.CURATOR)


def test_a_curator_cannot_invite_a_curator_nor_take_back_another_curators_link(client, world):
    client.force_login(world.curator())
    refused = client.post(reverse("invite"), {"roles": ["curator"], "days": 7})
    assert refused.status_code == 400
    assert "not yours to give" in refused.content.decode()
    other, _token = create_invitation(inviter=world.curator("carl"), roles=[Role.ANNOTATOR])
    assert client.post(reverse("revoke-invitation", args=[other.uuid])).status_code == 404


def test_a_link_taken_back_lets_nobody_in(client, world):
    cara = world.curator()
    link = invited(client, cara)
    client.post(reverse("revoke-invitation", args=[Invitation.objects.get().uuid]))
    client.logout()
    assert "taken back" in client.get(link).content.decode()


def test_roles_are_given_and_taken_but_never_ones_own(client, world, administrator):
    ana = world.annotator()
    client.force_login(administrator)
    client.post(reverse("set-role", args=[ana.uuid]), {"role": "expert", "is_given": "1"})
    assert has_role(user=User.objects.get(pk=ana.pk), role=Role.EXPERT)
    client.post(reverse("set-role", args=[ana.uuid]), {"role": "expert", "is_given": "0"})
    assert not has_role(user=User.objects.get(pk=ana.pk), role=Role.EXPERT)
    own = reverse("set-role", args=[administrator.uuid])
    refused = client.post(own, {"role": "curator", "is_given": "1"})
    assert refused.status_code == 403
    assert not has_role(user=User.objects.get(pk=administrator.pk), role=Role.CURATOR)


def test_nobody_becomes_staff_by_adding_fields_to_a_form(client, world):
    link = invited(client, world.curator())
    client.logout()
    fields = {"is_staff": "1", "is_superuser": "1", "roles": "administrator", "groups": "1"}
    client.post(link, {"username": "eve", "password": "a-long-enough-secret", **fields})
    eve = User.objects.get(username="eve")
    assert not eve.is_staff
    assert not eve.is_superuser
    assert not has_role(user=eve, role=Role.ADMINISTRATOR)


def test_the_list_costs_the_same_for_few_and_many(client, world, django_assert_max_num_queries):
    client.force_login(world.curator())
    client.get(reverse("people"))
    for number in range(30):
        world.annotator(f"listener-{number}")
    with django_assert_max_num_queries(14):
        client.get(reverse("people"))


def test_deleting_an_account_asks_for_its_name_and_keeps_its_answers(client, world, administrator):
    ana = world.annotator()
    nomination = world.nominate(world.clip())
    cast_vote(
        nomination=nomination,
        annotator=annotator_of_user(user=ana),
        answer=Answer.PP,
        task=Vote.Task.VALIDATION,
    )
    client.force_login(administrator)
    address = reverse("person", args=[ana.uuid])
    assert client.post(address, {"action": "delete", "typed_name": "anna"}).status_code == 400
    assert client.post(address, {"action": "delete", "typed_name": "ana"}).url == reverse("people")
    vote = Vote.objects.get()
    assert vote.answer == "PP"
    assert "ana" not in vote.annotator.name.replace("former", "")
    assert not User.objects.filter(username="ana").exists()


def test_the_last_administrator_stays(client, world, administrator):
    client.force_login(administrator)
    answer = client.post(reverse("delete-me"), {"typed_name": "ada"})
    assert answer.status_code == 409
    assert "only administrator" in answer.content.decode()


def test_one_takes_ones_answers_along_as_a_table_no_spreadsheet_runs(client, world):
    ana = world.annotator()
    nomination = world.nominate(world.clip(external_id="=1+1"))
    cast_vote(
        nomination=nomination,
        annotator=annotator_of_user(user=ana),
        answer=Answer.NP,
        task=Vote.Task.VALIDATION,
    )
    client.force_login(ana)
    body = b"".join(client.get(reverse("my-votes")).streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(body)))
    assert [(row["clip"], row["class"], row["answer"]) for row in rows] == [("'=1+1", "Bark", "NP")]


def test_a_changed_password_keeps_one_signed_in(client, world):
    ana = world.annotator()
    client.force_login(ana)
    new = "another-long-secret"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post(reverse("change-password"), fields).url == reverse("me")
    assert client.get(reverse("me")).status_code == 200
    assert User.objects.get(pk=ana.pk).check_password(new)


def test_leaving_signs_one_out_for_good(client, world):
    ana = world.annotator()
    client.force_login(ana)
    client.post(reverse("delete-me"), {"typed_name": "ana"})
    assert client.get(reverse("home")).status_code == 302
    assert not client.login(username="ana", password=PASSWORD)


def test_ones_own_page_tells_how_one_agrees_once_there_is_enough_to_tell(client, world):
    ana = world.annotator()
    trust = trust_of(
        annotator=annotator_of_user(user=ana),
        collection=world.collection,
        sound_class=world.bark,
    )
    Trust.objects.filter(pk=trust.pk).update(n_right=3, n_wrong=1)
    client.force_login(ana)
    assert "How you hear it" not in client.get(reverse("me")).content.decode()
    Trust.objects.filter(pk=trust.pk).update(n_right=7, n_wrong=1)
    assert "7 of 8 in Bark" in client.get(reverse("me")).content.decode()
