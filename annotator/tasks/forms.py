"""Reads an answer as a page sends it."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from django import forms

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.answers import Answer, parse_answer

MOST_TIMES_HEARD = 10_000
MOST_SECONDS_TAKEN = 1_000_000
"""Bounds (inclusive) of a believable listening record."""


class BadAnswer(ValueError):
    """What was sent is no answer; the message is for the person who gave it."""


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer as given on a page, checked but for the right to give it."""

    nomination: uuid.UUID
    answer: Answer
    idempotency_key: uuid.UUID
    heard_fraction: float | None
    seconds_taken: float | None


class AnswerForm(forms.Form):
    """One answer: to what, which, under which key, and how it was listened to."""

    nomination = forms.UUIDField()
    answer = forms.CharField(max_length=40)
    idempotency_key = forms.UUIDField()
    heard_fraction = forms.FloatField(required=False, min_value=0, max_value=MOST_TIMES_HEARD)
    seconds_taken = forms.FloatField(required=False, min_value=0, max_value=MOST_SECONDS_TAKEN)

    def clean_answer(self) -> Answer:
        """Read the answer by the domain's rule, with the domain's sentence."""
        try:
            return parse_answer(self.cleaned_data["answer"])
        except RuleError as error:
            raise forms.ValidationError(str(error)) from error


def read_answer(body: bytes) -> GivenAnswer:
    """Return the answer in the body of a request.

    Raises
    ------
    BadAnswer
        The body is no JSON object, or a field is missing or wrong; one sentence names the first.
    """
    form = AnswerForm(_json_object(body))
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        raise BadAnswer(problems[0] if name == "answer" else f"{name}: {problems[0]}")
    return GivenAnswer(**form.cleaned_data)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body, parse_int=float)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("The answer is not JSON; reload the page and give it again.") from error
    if not isinstance(data, dict):
        raise BadAnswer("The answer is not a JSON object; reload the page and give it again.")
    return data
