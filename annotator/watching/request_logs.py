"""One log line and one measurement a request, under the id that the proxy gave it.

A path may hold an invitation's token, a query what somebody searched, an address where they live:
none of them is written. A view's name, the status and the time are.
"""

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from annotator.watching.request_figures import ANSWERS, SECONDS
from ml_worker.log_lines import REQUEST_ID, request_id

_log = logging.getLogger("harken.request")
QUIET_VIEWS = frozenset({"health", "metrics"})
"""Asked every few seconds by machines: measured, but logged only when they fail."""


def watch_request(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: name the request, time it, count it and log it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        asked = request.headers.get("X-Request-Id", "")
        name = asked if REQUEST_ID.match(asked) else uuid.uuid4().hex
        token = request_id.set(name)
        began = time.perf_counter()
        try:
            response = get_response(request)
            _record(request, response.status_code, time.perf_counter() - began)
        finally:
            request_id.reset(token)
        response["X-Request-Id"] = name
        return response

    return middleware


def view_name(request: HttpRequest) -> str:
    """Return the name of the view that answers, ``-`` where there is none."""
    match = request.resolver_match
    return (match.view_name or match._func_path) if match else "-"


def _record(request: HttpRequest, status: int, seconds: float) -> None:
    view = view_name(request)
    method = request.method if request.method in _METHODS else "other"
    ANSWERS.labels(view, method, status).inc()
    SECONDS.labels(view, method).observe(seconds)
    if view in QUIET_VIEWS and status < _ERRORS:
        return
    extra = {"method": method, "view": view, "status": status, "seconds": round(seconds, 4)}
    _log.info("%s %s %d", method, view, status, extra=extra)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ERRORS = 400


class WithoutPaths(logging.Filter):
    """Writes the view's name where Django's own messages have the request's path."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; every record passes."""
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            record.args = tuple(_without_path(value, request) for value in record.args)
        return True


def _without_path(value: Any, request: HttpRequest) -> Any:
    if isinstance(value, str) and value.startswith("/"):
        return view_name(request)
    return value
