"""Who may read which releases."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from datasets_app.clips.access import visible_collections
from datasets_app.people.models import User
from datasets_app.releases.models import Release

Reader = User | AnonymousUser | None


def readable_releases(user: Reader) -> QuerySet[Release]:
    """Return the releases this person may list and download.

    Public ones are for everybody; the others for those who see the collection. Somebody who is not
    signed in (None) reads public releases only, whatever collections they may look at.
    """
    releases = Release.objects.select_related("collection")
    if user is None or not user.is_authenticated:
        return releases.filter(is_public=True)
    return releases.filter(Q(is_public=True) | Q(collection__in=visible_collections(user)))


def readable_release(user: Reader, collection_name: str, version: str) -> Release:
    """Return one release of a collection.

    Raises
    ------
    Release.DoesNotExist
        There is none, or it is not for this person; the two cannot be told apart.
    """
    return readable_releases(user).get(collection__name=collection_name, version=version)
