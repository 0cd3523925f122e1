"""Releases for whoever may read them: members, and everybody where a release is public."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotator.releases.changes_page import changes_page, read_filter
from annotator.releases.ready_difference import ready_difference
from annotator.releases.release_list import release_list as gather_list
from annotator.releases.release_page import release_page
from datasets_app.clips.access import user_can_see
from datasets_app.clips.models import Collection
from datasets_app.releases.access import readable_release, readable_releases
from datasets_app.releases.models import Release
from datasets_app.releases.reading import ReleaseFileError


@login_not_required
@never_cache
@require_safe
def release_list(request: HttpRequest, name: str) -> HttpResponse:
    """Show the releases of a collection that this person may read."""
    collection = Collection.objects.filter(name=name).first()
    is_known = collection is not None and (
        user_can_see(user=request.user, collection=collection)
        or readable_releases(request.user).filter(collection=collection).exists()
    )
    if not is_known:
        raise Http404
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
    page = gather_list(collection, request.user, before)
    shown = {"page": page, **_of_collection(request, collection)}
    return render(request, "annotator/pages/releases.html", shown)


@login_not_required
@never_cache
@require_safe
def release(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """Show a release: its card, its files, and how to get and cite it."""
    found = _get_release(request, name, version)
    origin = f"{request.scheme}://{request.get_host()}"
    page = release_page(found, origin, parent=_readable_parent(request, found))
    shown = {"page": page, "release": found, **_of_collection(request, found.collection)}
    return render(request, "annotator/pages/release.html", shown)


@login_not_required
@never_cache
@require_safe
def changes(request: HttpRequest, name: str, version: str, since: str) -> HttpResponse:
    """Show what changed from one release to another, and why."""
    new, old = _get_release(request, name, version), _get_release(request, name, since)
    shown = {"old": old, "new": new, **_of_collection(request, new.collection)}
    try:
        with ready_difference(old, new) as database:
            if database is not None:
                shown["page"] = changes_page(database, old, new, read_filter(request.GET))
    except ReleaseFileError as error:
        shown["problem"] = str(error)
    return render(request, "annotator/pages/release_changes.html", shown)


def _get_release(request: HttpRequest, name: str, version: str) -> Release:
    try:
        return readable_release(request.user, name, version)
    except Release.DoesNotExist as error:
        raise Http404 from error


def _readable_parent(request: HttpRequest, found: Release) -> Release | None:
    if found.parent_id is None:
        return None
    return readable_releases(request.user).filter(pk=found.parent_id).first()


def _of_collection(request: HttpRequest, collection: Collection) -> dict[str, object]:
    """Return what templates need to know of the reader: members have ways to other pages."""
    is_member = user_can_see(user=request.user, collection=collection)
    return {"collection": collection, "is_member": is_member}
