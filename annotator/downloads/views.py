"""Downloads of releases, and the switch that opens one to everybody.

Every address here is open to people who are not signed in, because public releases are; who may
read which is asked at each request, of ``readable_release``, before anything else. What is not
theirs to read answers exactly as what does not exist.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial, wraps
from pathlib import Path

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    HttpResponseRedirect,
    HttpResponseServerError,
)
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.roles import needs_role
from annotator.downloads.answers import (
    Download,
    cache_control,
    content_type,
    digest_field,
    disposition,
    download_response,
)
from annotator.downloads.web_server import handed_to_web_server
from datasets_app.clips.access import user_can_see
from datasets_app.people.models import User
from datasets_app.releases.access import readable_release
from datasets_app.releases.layout import MANIFEST
from datasets_app.releases.manifest import ListedFile
from datasets_app.releases.models import Release
from datasets_app.releases.publishing import publish_release, withdraw_publication
from datasets_app.releases.storage.archives import Placed, archive_bytes
from datasets_app.releases.storage.bucket import open_bucket_of
from datasets_app.releases.storage.file_index import (
    SUMS,
    FileIndex,
    ReleaseDamaged,
    open_index,
)
from datasets_app.releases.storage.local_files import read_listed

DAMAGED = gettext_noop(
    "This release is damaged on the server: a file is not the one that was released. "
    "Tell whoever runs this site; they find the details in its log."
)
log = logging.getLogger(__name__)
Answer = Callable[..., HttpResponseBase]


def of_readable_release(answer: Answer) -> Answer:
    """Decorate a view of a release that everybody may ask for; it gets the release itself."""

    @login_not_required
    @require_safe
    @wraps(answer)
    def checked(request: HttpRequest, name: str, version: str, **rest: str) -> HttpResponseBase:
        release = _get_release(request, name, version)
        try:
            return answer(request, release, **rest)
        except ReleaseDamaged:
            log.exception("Release %s %s is damaged", name, version)
            return HttpResponseServerError(_(DAMAGED), content_type="text/plain")

    return checked


@of_readable_release
def release_file(request: HttpRequest, release: Release, path: str) -> HttpResponseBase:
    """Answer with a file that the release's manifest lists; no other path leads anywhere."""
    return _listed_file(request, release, path)


@of_readable_release
def manifest(request: HttpRequest, release: Release) -> HttpResponseBase:
    """Answer with MANIFEST.json."""
    return _listed_file(request, release, MANIFEST)


@of_readable_release
def sums(request: HttpRequest, release: Release) -> HttpResponseBase:
    """Answer with the list that ``sha256sum -c SHA256SUMS`` takes beside the files."""
    index = open_index(release)
    listed = index.sums()
    found = _local(index.sums_path.parent, SUMS, listed)
    return download_response(request, found, is_public=release.is_public)


@of_readable_release
def archive(request: HttpRequest, release: Release, part: str) -> HttpResponseBase:
    """Answer with a folder of the release as one tar, of which any range can be asked for."""
    index = open_index(release)
    listed = index.archive(part)
    if listed is None:
        raise Http404
    name = f"{release.collection.name}-{release.version}-{part}.tar"
    found = Download(
        name, listed.n_bytes, listed.sha256, partial(_archive_bytes, index, release, part)
    )
    return download_response(request, found, is_public=release.is_public)


@require_POST
@needs_role(User.Role.CURATOR)
def publish(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """Open a release to everybody (``public=yes``) or close it again (``public=no``)."""
    release = _get_release(request, name, version)
    if not user_can_see(user=request.user, collection=release.collection):
        raise Http404  # theirs to download, being public, but not to steer
    if request.POST.get("public") == "yes":
        publish_release(release=release, actor=request.user)
        said = _("Everybody can now download release %(version)s, signed in or not.")
    elif request.POST.get("public") == "no":
        withdraw_publication(release=release, actor=request.user)
        said = _("Release %(version)s is again only for people who see this collection.")
    else:
        sentence = _("Say public=yes or public=no.")
        return HttpResponseBadRequest(sentence, content_type="text/plain")
    messages.success(request, said % {"version": version})
    return redirect("collection", name)


def _get_release(request: HttpRequest, name: str, version: str) -> Release:
    try:
        return readable_release(request.user, name, version)
    except Release.DoesNotExist as error:
        raise Http404 from error


def _listed_file(request: HttpRequest, release: Release, path: str) -> HttpResponseBase:
    """Answer from object storage where the release lies there, else from the disk."""
    listed = open_index(release).find(path)
    if listed is None:
        raise Http404
    bucket = open_bucket_of(release)
    root = Path(release.path)
    if bucket is not None and request.method == "GET":
        address = bucket.download_address(
            path, content_type=content_type(path), disposition=disposition(path)
        )
        answer = HttpResponseRedirect(address)
        answer["Cache-Control"] = "no-store"  # the address ends soon
        return answer
    if bucket is None and (location := handed_to_web_server(root / path)):
        read_listed(root, path, listed.n_bytes).close()
        answer = HttpResponse(content_type=content_type(path))
        answer["X-Accel-Redirect"] = location
        answer["Content-Disposition"] = disposition(path)
        answer["Cache-Control"] = cache_control(is_public=release.is_public)
        answer["Repr-Digest"] = digest_field(listed.sha256)
        return answer
    return download_response(request, _local(root, path, listed), is_public=release.is_public)


def _local(root: Path, path: str, listed: ListedFile) -> Download:
    read = partial(read_listed, root, path, listed.n_bytes)
    return Download(path, listed.n_bytes, listed.sha256, read, listed.sha256)


def _archive_bytes(
    index: FileIndex, release: Release, part: str, first: int, length: int
) -> Iterator[bytes]:
    def read(member: Placed, start: int, n_wanted: int) -> Iterator[bytes]:
        return read_listed(Path(release.path), member.path, member.n_bytes, start, n_wanted)

    return archive_bytes(index.members(part, first), read, first, first + length - 1)
