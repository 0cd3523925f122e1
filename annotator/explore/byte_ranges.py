"""Byte ranges of RFC 9110 §14, so that a player can seek without the whole file."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)

BLOCK_BYTES = 1 << 16
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z")


class Unsatisfiable(ValueError):
    """The range lies outside of the file."""


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte (inclusive) of a single range, None where it is to be ignored.

    Several ranges, other units and malformed headers are ignored, as the standard allows.

    Raises
    ------
    Unsatisfiable
        The range is well formed and begins behind the end.

    >>> parse_range("bytes=0-99", 1000), parse_range("bytes=900-", 1000), parse_range("bytes=-1", 9)
    ((0, 99), (900, 999), (8, 8))
    """
    match = _RANGE.match(header)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last or size - 1), size - 1)
        if last and int(last) < start:
            return None
    if start >= size:
        raise Unsatisfiable(header)
    return start, end


def file_response(
    request: HttpRequest, path: Path, content_type: str, *, etag: str
) -> HttpResponseBase:
    """Answer with the file, 206 with the part asked for, 304, or 416."""
    if request.headers.get("If-None-Match") == etag:
        return _described(HttpResponse(status=HTTPStatus.NOT_MODIFIED), etag)
    size = path.stat().st_size
    header = request.headers.get("Range", "")
    if request.headers.get("If-Range", etag) != etag:
        header = ""
    try:
        wanted = parse_range(header, size)
    except Unsatisfiable:
        response = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        response["Content-Range"] = f"bytes */{size}"
        return _described(response, etag)
    if wanted is None:
        return _described(FileResponse(path.open("rb"), content_type=content_type), etag)
    return _described(_partial(path, content_type, *wanted, size), etag)


def _partial(path: Path, content_type: str, first: int, last: int, size: int) -> HttpResponseBase:
    response = StreamingHttpResponse(
        _read(path, first, last),
        status=HTTPStatus.PARTIAL_CONTENT,
        content_type=content_type,
    )
    response["Content-Length"] = str(last - first + 1)
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _read(path: Path, first: int, last: int) -> Iterator[bytes]:
    with path.open("rb") as handle:
        handle.seek(first)
        left = last - first + 1
        while left > 0 and (block := handle.read(min(BLOCK_BYTES, left))):
            left -= len(block)
            yield block


def _described(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    return response
