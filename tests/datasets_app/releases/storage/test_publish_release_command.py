"""Releases are opened and closed from the command line."""

import pytest
from django.core.management import CommandError, call_command

from datasets_app.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def test_a_release_is_opened_and_closed(release, capsys):
    call_command("publish_release", release="1.0")
    release.refresh_from_db()
    assert release.is_public
    call_command("publish_release", "--withdraw", release="1.0", collection="yard")
    release.refresh_from_db()
    assert not release.is_public
    said = capsys.readouterr().out
    assert "is now public" in said and "only for people who see its collection" in said
    verbs = AuditEvent.objects.order_by("pk").values_list("verb", "actor")
    assert list(verbs) == [("publish_release", None), ("withdraw_publication", None)]


def test_a_release_that_is_not_there_is_named(release):
    with pytest.raises(CommandError, match="no release '9'"):
        call_command("publish_release", release="9")
