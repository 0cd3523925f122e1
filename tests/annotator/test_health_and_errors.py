"""What the site says of itself, and when something cannot be had."""

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from annotator import errors, health


def test_health_needs_no_sign_in_and_names_nothing_secret(db, client):
    response = client.get("/health/")
    assert response.status_code == 200
    assert response.json() == {"ok": True, "database": True, "var_folder": True}


def test_health_says_when_var_cannot_be_written(db, client, monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "VAR_DIR", tmp_path / "gone")
    response = client.get("/health/")
    assert response.status_code == 503
    assert response.json()["var_folder"] is False


def test_health_says_when_the_database_is_silent(db, client, monkeypatch):
    monkeypatch.setitem(health.CHECKS, "database", lambda: False)
    assert client.get("/health/").status_code == 503


def test_a_missing_page_does_not_repeat_the_address(world, as_annotator):
    response = as_annotator.get("/no/<script>here")
    assert response.status_code == 404
    assert errors.NOT_FOUND in response.content.decode()
    assert b"here</" not in response.content.replace(b"Nothing here</", b"")


@pytest.mark.parametrize(
    ("sentence", "told"), [("", errors.FORBIDDEN), ("Only for owls.", "Only for owls.")]
)
def test_a_refusal_says_why(sentence, told):
    response = errors.forbidden(RequestFactory().get("/"), PermissionDenied(sentence))
    assert response.status_code == 403
    assert told in response.content.decode()


def test_a_failure_is_admitted_without_asking_the_database():
    response = errors.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert errors.SERVER_ERROR in response.content.decode()
