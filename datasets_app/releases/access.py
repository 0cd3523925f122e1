"""Who may read which releases."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from datasets_app.clips.access import visible_collections
from datasets_app.people.models import User
from datasets_app.people.roles import has_role
from datasets_app.releases.models import Release

Reader = User | AnonymousUser | None


def readable_releases(user: Reader) -> QuerySet[Release]:
    """Return the releases this person may list and download.

    Public ones are for everybody; the others for those who see the collection. Somebody who is not
    signed in (None) reads public releases only, whatever collections they may look at.

    While a challenge runs, the releases of its collection are for curators alone, public or not:
    they hold the labels that others are to predict.
    """
    releases = Release.objects.select_related("collection")
    if not _curates(user):
        releases = releases.exclude(collection__in=_collections_under_challenge())
    if user is None or not user.is_authenticated:
        return releases.filter(is_public=True)
    return releases.filter(Q(is_public=True) | Q(collection__in=visible_collections(user)))


def _curates(user: Reader) -> bool:
    roles = (User.Role.CURATOR, User.Role.ADMINISTRATOR)
    is_someone = user is not None and user.is_authenticated
    return is_someone and any(has_role(user=user, role=role) for role in roles)


def _collections_under_challenge() -> QuerySet[Release]:
    """Return the collections of which a release has a challenge that is open at this moment."""
    running = Release.objects.filter(
        challenges__closes_at__gt=timezone.now(), challenges__ended_early_at__isnull=True
    )
    return running.values("collection")


def readable_release(user: Reader, collection_name: str, version: str) -> Release:
    """Return one release of a collection.

    Raises
    ------
    Release.DoesNotExist
        There is none, or it is not for this person; the two cannot be told apart.
    """
    return readable_releases(user).get(collection__name=collection_name, version=version)
