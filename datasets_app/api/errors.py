"""Every refusal as a problem document (RFC 9457), with the sentence that the pages would show."""

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from datasets_app.domain.errors import RuleError
from datasets_app.labels.answering import AnsweredElsewhere, NotOpen, NotThere
from datasets_app.labels.introduction_gate import NotIntroduced

PROBLEM = "application/problem+json"
logger = logging.getLogger(__name__)

_SENTENCES: dict[int, str] = {
    401: "Send a token as 'Authorization: Bearer hk_…', or sign in; tokens are made on your page.",
    404: "There is nothing at this address for you. It may have been withdrawn, or the link is "
    "wrong.",
    405: "This address does not take {method}; see /api/v1/ for what it takes.",
    406: "Replies are application/json; send an Accept header that allows it.",
    415: "Bodies are application/json in UTF-8; send that as the Content-Type.",
    429: "That is more requests than one may send in a minute; go on in {wait} seconds.",
    500: "Something went wrong on our side and was written to the log. Try again in a moment.",
}

_OF_SERVICES: dict[type[Exception], HTTPStatus] = {
    NotOpen: HTTPStatus.CONFLICT,
    NotIntroduced: HTTPStatus.CONFLICT,
    NotThere: HTTPStatus.NOT_FOUND,
    RuleError: HTTPStatus.BAD_REQUEST,
    PermissionDenied: HTTPStatus.FORBIDDEN,
}
"""Whose sentences are passed on as they are, and under which status."""


class Problem(exceptions.APIException):
    """A refusal with its status and its sentence; ``more`` are further members of the document."""

    def __init__(self, status: int, sentence: str, **more: Any) -> None:
        super().__init__(sentence)
        self.status_code = int(status)
        self.more = more


def bad_request(sentence: str, **more: Any) -> Problem:
    """Say that what was sent cannot be read."""
    return Problem(HTTPStatus.BAD_REQUEST, sentence, **more)


def not_there(sentence: str = _SENTENCES[404]) -> Problem:
    """Say that there is nothing for this person at the address."""
    return Problem(HTTPStatus.NOT_FOUND, sentence)


def problem_reply(error: Exception, context: dict[str, Any]) -> Response:
    """Return the problem document of an exception; what nobody expected is logged and a 500."""
    found = _problem(error)
    if found is None:
        request = context["request"]
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
        found = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, _SENTENCES[500])
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        headers["Retry-After"] = f"{error.wait:.0f}"
    status = HTTPStatus(found.status_code)
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": str(found.detail),
        **found.more,
    }
    return Response(document, status=status.value, headers=headers, content_type=PROBLEM)


def _problem(error: Exception) -> Problem | None:
    if isinstance(error, exceptions.APIException):
        return error if isinstance(error, Problem) else _of_framework(error)
    if isinstance(error, AnsweredElsewhere):
        conflict = {"saved": error.saved, "given": error.given}
        return Problem(HTTPStatus.CONFLICT, str(error), conflict=conflict)
    if isinstance(error, Http404):
        return not_there()
    for kind, status in _OF_SERVICES.items():
        if isinstance(error, kind):
            return Problem(status, str(error))
    return None


def _of_framework(error: exceptions.APIException) -> Problem:
    """Say an error of the framework in our words."""
    status = HTTPStatus(error.status_code)
    if isinstance(error, exceptions.ValidationError):
        return bad_request(*_validation(error))
    if isinstance(error, exceptions.ParseError):
        return bad_request("The body is not JSON; send one JSON object in UTF-8.")
    if isinstance(error, exceptions.MethodNotAllowed):
        method = str(error.detail).split('"')[1] if '"' in str(error.detail) else "this method"
        return Problem(status, _SENTENCES[405].format(method=method))
    if isinstance(error, exceptions.Throttled):
        return Problem(status, _SENTENCES[429].format(wait=f"{error.wait or 1:.0f}"))
    if isinstance(error, exceptions.NotAuthenticated):
        return Problem(status, _SENTENCES[401])
    sentence = _SENTENCES.get(status.value) if status.value != 401 else None
    return Problem(status, sentence or str(error.detail))


def _validation(error: exceptions.ValidationError) -> tuple[str]:
    return ("; ".join(_told(error.detail)) or "The request cannot be read.",)


def _told(detail: Any, place: str = "") -> list[str]:
    """Say each complaint of a serializer with the field it is about."""
    if isinstance(detail, dict):
        return [
            sentence
            for name, part in detail.items()
            for sentence in _told(
                part, place if name == "non_field_errors" else _below(place, name)
            )
        ]
    if isinstance(detail, list | tuple):
        return [sentence for part in detail for sentence in _told(part, place)]
    return [f"{place}: {detail}" if place else str(detail)]


def _below(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)
