"""Requests that may be sent again: the same key and request give the same reply.

The key, what the request does and the kept reply are one transaction: whichever fails, nothing of
it remains. A second request under the key waits for the first at the unique index (PostgreSQL) or
for the one writer (SQLite), and then finds its reply. Server errors are not kept.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from datasets_app.api.errors import Problem, bad_request
from datasets_app.api.models import KeptReply

KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 200
SWEPT_AT_ONCE = 20
"""Expired replies of anybody that go whenever one is kept."""
_KEPT_HEADERS = ("Location", "ETag")
Method = Callable[..., Response]


class _Undo(Exception):
    """Carries a reply that is not to be kept out of the transaction."""

    def __init__(self, reply: Response) -> None:
        super().__init__()
        self.reply = reply


def repeatable(method: Method) -> Method:
    """Have a view's method heed ``Idempotency-Key``; without the header it runs as ever."""

    @wraps(method)
    def kept(view: APIView, request: Request, *args: Any, **named: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "").strip()
        if not key:
            return method(view, request, *args, **named)
        if len(key) > LONGEST_KEY or not key.isprintable():
            raise bad_request(f"An Idempotency-Key has 1 to {LONGEST_KEY} printable characters.")
        try:
            return _once(key, request, lambda: _reply(view, method, request, *args, **named))
        except _Undo as undone:
            return undone.reply

    return kept


def _reply(view: APIView, method: Method, request: Request, *args: Any, **named: Any) -> Response:
    """Run the method; a refusal is its reply, and what it wrote is taken back."""
    try:
        with transaction.atomic():
            return method(view, request, *args, **named)
    except Exception as error:
        return view.handle_exception(error)


@transaction.atomic
def _once(key: str, request: Request, act: Callable[[], Response]) -> Response:
    now = timezone.now()
    of_key = {"user": request.user, "key_sha256": _sha256(key)}
    KeptReply.objects.filter(**of_key, expires_at__lte=now).delete()
    row, is_new = KeptReply.objects.get_or_create(
        **of_key,
        defaults={
            "request_sha256": _request_sha256(request),
            "status": 0,
            "expires_at": now + KEPT_FOR,
        },
    )
    if not is_new:
        return _again(row, request)
    reply = act()
    if reply.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _Undo(reply)
    row.status = reply.status_code
    row.content_type = reply.content_type or ""
    row.headers = {name: reply[name] for name in _KEPT_HEADERS if name in reply}
    row.body = "" if reply.data is None else json.dumps(reply.data, cls=JSONEncoder)
    row.save()
    _sweep()
    return reply


def _again(row: KeptReply, request: Request) -> Response:
    if row.request_sha256 != _request_sha256(request):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "This Idempotency-Key was used for another request; send a new key with this one.",
        )
    return Response(
        json.loads(row.body) if row.body else None,
        status=row.status,
        headers={**row.headers, "Idempotent-Replay": "true"},
        content_type=row.content_type or None,
    )


def _sweep() -> None:
    over = KeptReply.objects.filter(expires_at__lte=timezone.now()).order_by("expires_at")
    ids = list(over.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    if ids:
        KeptReply.objects.filter(pk__in=ids).delete()


def _request_sha256(request: Request) -> str:
    body = json.dumps(request.data, cls=JSONEncoder, sort_keys=True)
    match = request.headers.get("If-Match", "")
    return _sha256("\n".join((request.method or "", request.path, match, body)))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
