"""Answers that a download can be resumed from: RFC 9110 §13–14 and the digests of RFC 9530."""

import base64
import mimetypes
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from annotator.explore.byte_ranges import Unsatisfiable, parse_range

_KNOWN_TYPES = {
    ".flac": "audio/flac",
    ".md": "text/markdown",
    ".parquet": "application/octet-stream",
}


@dataclass(frozen=True, slots=True)
class Download:
    """Something that can be fetched whole or in part.

    ``tag`` stands for the bytes and nothing else; ``sha256`` is their hash where it is known.
    ``read`` takes the first byte and the number of bytes.
    """

    name: str
    n_bytes: int
    tag: str
    read: Callable[[int, int], Iterable[bytes]]
    sha256: str | None = None

    @property
    def etag(self) -> str:
        """The entity tag, a strong one."""
        return f'"{self.tag}"'


def download_response(
    request: HttpRequest, download: Download, *, is_public: bool
) -> HttpResponseBase:
    """Answer a GET or a HEAD: 200, 206 with the part asked for, 304, or 416.

    A range is heeded for GET alone, and behind ``If-Range`` only when that names these very bytes;
    a date there never does, for releases have none.
    """
    if _names(request.headers.get("If-None-Match", ""), download.etag):
        return _described(
            HttpResponse(status=HTTPStatus.NOT_MODIFIED), download, is_public=is_public
        )
    if request.method == "HEAD":
        answer = HttpResponse()
        answer["Content-Length"] = str(download.n_bytes)
        return _described(answer, download, is_public=is_public)
    return _described(_body(request, download), download, is_public=is_public)


def _body(request: HttpRequest, download: Download) -> HttpResponseBase:
    n_bytes = download.n_bytes
    header = request.headers.get("Range", "")
    if request.headers.get("If-Range", download.etag) != download.etag:
        header = ""
    try:
        wanted = parse_range(header, n_bytes)
    except Unsatisfiable:
        answer = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        answer["Content-Range"] = f"bytes */{n_bytes}"
        return answer
    first, last = wanted or (0, n_bytes - 1)
    length = last - first + 1
    answer = StreamingHttpResponse(download.read(first, length))
    answer["Content-Length"] = str(length)
    if wanted is not None:
        answer.status_code = HTTPStatus.PARTIAL_CONTENT
        answer["Content-Range"] = f"bytes {first}-{last}/{n_bytes}"
    elif download.sha256:
        answer["Content-Digest"] = digest_field(download.sha256)
    return answer


def _described(
    answer: HttpResponseBase, download: Download, *, is_public: bool
) -> HttpResponseBase:
    """Add what holds for every answer; a browser saves the file and never shows it as a page."""
    answer["Content-Type"] = content_type(download.name)
    answer["Content-Disposition"] = disposition(download.name)
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = download.etag
    answer["Cache-Control"] = cache_control(is_public=is_public)
    if download.sha256:
        answer["Repr-Digest"] = digest_field(download.sha256)
    return answer


def cache_control(*, is_public: bool) -> str:
    """Return how long a copy may be used: none is used unasked, for a release can be withdrawn."""
    return "public, no-cache" if is_public else "private, no-cache"


def digest_field(sha256: str) -> str:
    """Return a hash as RFC 9530 writes it.

    >>> digest_field("00" * 32)
    'sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:'
    """
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def content_type(name: str) -> str:
    """Return a file's type by the end of its name."""
    end = re.search(r"\.[^./]*\Z", name)
    known = _KNOWN_TYPES.get(end[0].lower()) if end else None
    return known or mimetypes.guess_type(name)[0] or "application/octet-stream"


def disposition(path: str) -> str:
    """Return the header that has a browser save the file under its own name.

    >>> disposition("dev_audio/a.wav")
    "attachment; filename*=UTF-8''a.wav"
    """
    return f"attachment; filename*=UTF-8''{quote(path.rpartition('/')[2], safe='')}"


def _names(header: str, etag: str) -> bool:
    """Say whether If-None-Match names this tag; weak tags are compared as strong ones."""
    found = (tag.strip().removeprefix("W/") for tag in header.split(","))
    return any(tag in (etag, "*") for tag in found)
