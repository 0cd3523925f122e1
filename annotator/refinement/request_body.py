"""Reads what the pages send as JSON."""

import json
from http import HTTPStatus
from typing import Any, TypeVar

from django import forms
from django.http import JsonResponse
from django.utils.translation import gettext as _

Form = TypeVar("Form", bound=forms.Form)
MOST_BYTES = 10_000


class BadRequest(ValueError):
    """What was sent cannot be read; the message is for the person who sent it."""


def read_form(body: bytes, form_class: type[Form]) -> dict[str, Any]:
    """Return the cleaned fields of a JSON object.

    Raises
    ------
    BadRequest
        The body is no JSON object, or a field is missing or wrong; one sentence names the first.
    """
    form = form_class(_json_object(body))
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        raise BadRequest(f"{name}: {problems[0]}")
    return form.cleaned_data


def refusal(status: HTTPStatus, sentence: str) -> JsonResponse:
    """Return a refusal as the pages' outbox reads it."""
    return JsonResponse({"error": sentence}, status=status)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body[: MOST_BYTES + 1], parse_int=float)
    except (ValueError, RecursionError) as error:
        raise BadRequest(_("The change is not JSON; reload the page and repeat it.")) from error
    if not isinstance(data, dict):
        raise BadRequest(_("The change is not a JSON object; reload the page and repeat it."))
    return data
