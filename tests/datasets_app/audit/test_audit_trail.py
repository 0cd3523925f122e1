"""The audit trail: one event per change, written with the change or not at all."""

import pytest
from django.db import transaction

from datasets_app.audit.models import AuditEvent
from datasets_app.audit.services import record_event
from datasets_app.clips.services import open_collection
from datasets_app.people.models import User

pytestmark = pytest.mark.django_db


def test_an_event_says_who_did_what_to_which_record(ontology):
    curator = User.objects.create_user("cora")
    event = record_event(
        actor=curator, verb="rename", record=ontology, before={"name": "a"}, after={"name": "b"}
    )
    stored = AuditEvent.objects.get(pk=event.pk)
    assert (stored.actor, stored.verb) == (curator, "rename")
    assert (stored.record_type, stored.record_id) == ("ontology", str(ontology.pk))
    assert (stored.before, stored.after) == ({"name": "a"}, {"name": "b"})


def test_opening_a_collection_twice_leaves_one_event(ontology):
    for _ in range(2):
        open_collection(name="yard", ontology=ontology)
    assert AuditEvent.objects.filter(verb="open_collection").count() == 1


def test_a_change_that_is_undone_leaves_no_event(ontology):
    with pytest.raises(RuntimeError), transaction.atomic():
        open_collection(name="yard", ontology=ontology)
        raise RuntimeError
    assert not AuditEvent.objects.filter(verb="open_collection").exists()
