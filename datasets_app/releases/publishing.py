"""Opens a release to everybody, and closes it again."""

from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.people.models import User
from datasets_app.releases.models import Release


def publish_release(*, release: Release, actor: User | None = None) -> Release:
    """Let everybody read a release, signed in or not; harmless to repeat."""
    return _set_public(release, True, "publish_release", actor)


def withdraw_publication(*, release: Release, actor: User | None = None) -> Release:
    """Keep a release to those who see its collection again; harmless to repeat.

    Copies that were downloaded stay where they are, and addresses of object storage that were given
    out last to their end (see ``storage.bucket.ADDRESS_LASTS_S``).
    """
    return _set_public(release, False, "withdraw_publication", actor)


@transaction.atomic
def _set_public(release: Release, is_public: bool, verb: str, actor: User | None) -> Release:
    """Change the record and write the event; no event where nothing changes."""
    found = Release.objects.select_for_update().get(pk=release.pk)
    if found.is_public != is_public:
        before = {"is_public": found.is_public}
        found.is_public = is_public
        found.save(update_fields=["is_public"])
        record_event(
            actor=actor, verb=verb, record=found, before=before, after={"is_public": is_public}
        )
    release.is_public = is_public
    return found
