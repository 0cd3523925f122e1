"""ETag, If-None-Match and If-Match (RFC 9110, section 13)."""

import hashlib
import json
from http import HTTPStatus
from typing import Any

from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from datasets_app.api.errors import Problem


def etag_of(shown: Any) -> str:
    """Return the strong tag of a representation, equal where all of it is equal."""
    text = json.dumps(shown, cls=JSONEncoder, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def tagged_reply(request: Request, shown: Any, **more: Any) -> Response:
    """Reply with a representation and its tag, or 304 where the caller has it."""
    tag = etag_of(shown)
    headers = {**more.pop("headers", {}), "ETag": tag}
    known = [t.removeprefix("W/") for t in parse_etags(request.headers.get("If-None-Match", ""))]
    if request.method in ("GET", "HEAD") and (tag in known or known == ["*"]):
        return Response(status=HTTPStatus.NOT_MODIFIED.value, headers=headers)
    return Response(shown, headers=headers, **more)


def check_match(request: Request, shown: Any) -> None:
    """Raise unless the caller names the present state of what they change.

    Raises
    ------
    Problem
        428 without ``If-Match``, 412 with another state's.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise Problem(
            HTTPStatus.PRECONDITION_REQUIRED,
            "A change needs If-Match with the ETag that was read, so that nobody's is overwritten.",
        )
    if given != "*" and etag_of(shown) not in parse_etags(given):
        raise Problem(
            HTTPStatus.PRECONDITION_FAILED,
            "It has changed since you read it; read it again and send its new ETag.",
        )
