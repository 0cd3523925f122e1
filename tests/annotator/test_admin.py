"""Django's admin: every record can be looked up, what was said or frozen cannot be changed."""

import pytest
from django.contrib import admin
from django.urls import reverse

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.services import record_answer
from datasets_app.people.models import User

RECORDS = sorted(
    m._meta.model_name for m in admin.site._registry if m._meta.app_label == "datasets_app"
)
FROZEN = ("auditevent", "vote", "label", "release", "job", "nomination", "split")


@pytest.fixture
def as_root(world, client):
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("name", RECORDS)
def test_every_list_opens_and_can_be_searched(as_root, world, name):
    nomination = world.nominate(world.clip())
    annotator = world.annotator_record(world.annotator())
    record_answer(nomination=nomination, annotator=annotator, answer=Answer.PP)
    address = reverse(f"admin:datasets_app_{name}_changelist")
    assert as_root.get(address).status_code == 200
    assert as_root.get(address, {"q": "bark"}).status_code in (200, 302)


@pytest.mark.parametrize("name", FROZEN)
def test_what_services_write_is_not_added_by_hand(as_root, name):
    assert as_root.get(reverse(f"admin:datasets_app_{name}_add")).status_code == 403


def test_a_vote_can_be_looked_at_and_not_changed(as_root, world):
    nomination = world.nominate(world.clip())
    annotator = world.annotator_record(world.annotator())
    vote = record_answer(nomination=nomination, annotator=annotator, answer=Answer.PP)
    address = reverse("admin:datasets_app_vote_change", args=[vote.pk])
    assert as_root.get(address).status_code == 200
    assert as_root.post(address, {"answer": "NP"}).status_code == 403
    vote.refresh_from_db()
    assert vote.answer == "PP"


def test_withdrawing_a_clip_by_hand_is_on_record(as_root, world):
    clip = world.clip()
    address = reverse("admin:datasets_app_clip_change", args=[clip.pk])
    fields = as_root.get(address).context["adminform"].form.initial
    form = {name: value for name, value in fields.items() if value is not None}
    form |= {"state": "withdrawn", "tags": "[]"}
    assert as_root.post(address, form).status_code == 302
    assert Clip.objects.get().state == Clip.State.WITHDRAWN
    event = AuditEvent.objects.get(verb="edit_in_admin")
    assert (event.before["state"], event.after["state"]) == ("available", "withdrawn")


def test_annotators_do_not_enter_the_admin(as_annotator):
    assert as_annotator.get(reverse("admin:index")).status_code == 302
