"""Sessions: whoever is signed out, or was away too long, is out at the next request."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DjangosStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from annotator.accounts.sessions import SessionStore

pytestmark = pytest.mark.django_db


def kept(store: type[DjangosStore] = SessionStore) -> DjangosStore:
    session = store()
    session["word"] = "bark"
    session.create()
    return session


@pytest.mark.parametrize("reader", [SessionStore, DjangosStore])
@pytest.mark.parametrize("writer", [SessionStore, DjangosStore])
def test_what_was_kept_is_read_whoever_wrote_it(writer, reader):
    assert reader(kept(writer).session_key)["word"] == "bark"


@pytest.mark.parametrize("key", ["unknown-key-of-nobody", "", "x" * 500])
def test_an_unknown_session_is_empty_and_gets_another_key(key):
    session = SessionStore(key)
    assert session.get("word") is None
    assert session.session_key is None


def test_an_expired_session_is_empty():
    key = kept().session_key
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert SessionStore(key).get("word") is None


def test_a_session_somebody_tampered_with_is_empty():
    key = kept().session_key
    Session.objects.update(session_data="e30:forged:signature")
    assert SessionStore(key).get("word") is None


def test_a_deleted_session_is_over_at_once(world):
    client = Client()
    client.force_login(world.annotator("ada"))
    assert client.get("/").status_code == 200
    Session.objects.filter(pk=client.cookies[settings.SESSION_COOKIE_NAME].value).delete()
    assert client.get("/").status_code == 302
