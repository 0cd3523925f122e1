"""Reads what a validation page sends: answers, comments and reports."""

import json
import uuid
from dataclasses import dataclass
from typing import Any, TypeVar

from django import forms
from django.utils.translation import gettext_lazy as _

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.answers import Answer, parse_answer
from datasets_app.votes.models import ClipReport

MOST_TIMES_HEARD = 10_000
MOST_SECONDS_TAKEN = 1_000_000
"""Bounds (inclusive) of a believable listening record."""
MOST_GAIN_DB = 60
LONGEST_COMMENT = 2000

Form = TypeVar("Form", bound=forms.Form)


class BadAnswer(ValueError):
    """What was sent is no answer; the message is for the person who gave it."""


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer as given on a page, checked but for the right to give it.

    ``comment`` and ``seen_answer`` are None where they were not sent.
    """

    nomination: uuid.UUID
    answer: Answer
    idempotency_key: uuid.UUID
    heard_fraction: float | None
    seconds_taken: float | None
    gain_db: float | None
    comment: str | None
    seen_answer: str | None


class _SeenAnswer(forms.CharField):
    """An answer or nothing; None if the field was not sent."""

    def __init__(self) -> None:
        super().__init__(required=False, max_length=40, empty_value=None)

    def clean(self, value: Any) -> str | None:
        if value is None:
            return None
        text = super().clean(value)
        if text is None:
            return ""
        return _answer(text).value


class _AnswerField(forms.CharField):
    """An answer, read by the domain's rule, with the domain's sentence."""

    def clean(self, value: Any) -> Answer:
        return _answer(super().clean(value))


class _AddedComment(forms.CharField):
    """A comment; None if the field was not sent, which an empty one is not."""

    def clean(self, value: Any) -> str | None:
        return None if value is None else super().clean(value)


_ANSWER_FIELDS: dict[str, forms.Field] = {
    "nomination": forms.UUIDField(),
    "answer": _AnswerField(max_length=40),
    "idempotency_key": forms.UUIDField(),
    "heard_fraction": forms.FloatField(required=False, min_value=0, max_value=MOST_TIMES_HEARD),
    "seconds_taken": forms.FloatField(required=False, min_value=0, max_value=MOST_SECONDS_TAKEN),
    "gain_db": forms.FloatField(required=False, min_value=-MOST_GAIN_DB, max_value=MOST_GAIN_DB),
    "comment": _AddedComment(required=False, max_length=LONGEST_COMMENT),
    "seen_answer": _SeenAnswer(),
}
"""What an answer consists of. Not a form: one would copy all of these for every single answer."""


class WithdrawForm(forms.Form):
    """An answer that is taken back."""

    nomination = forms.UUIDField()
    idempotency_key = forms.UUIDField()
    seen_answer = _SeenAnswer()


class CommentForm(forms.Form):
    """What somebody wants to add to their answer."""

    nomination = forms.UUIDField()
    comment = forms.CharField(required=False, max_length=LONGEST_COMMENT)


class ReportForm(forms.Form):
    """Why a recording should not be here."""

    nomination = forms.UUIDField()
    idempotency_key = forms.UUIDField()
    reason = forms.ChoiceField(choices=ClipReport.Reason.choices)
    comment = forms.CharField(required=False, max_length=LONGEST_COMMENT)

    def clean(self) -> dict[str, Any]:
        """Want words where the reason alone says nothing."""
        found = super().clean() or self.cleaned_data
        if found.get("reason") == ClipReport.Reason.OTHER and not found.get("comment"):
            raise forms.ValidationError({"comment": _("Say in a few words what is wrong with it.")})
        return found


def read_answer(body: bytes) -> GivenAnswer:
    """Return the answer in the body of a request; errors as ``read_form``."""
    data, found = _json_object(body), {}
    for name, field in _ANSWER_FIELDS.items():
        try:
            found[name] = field.clean(data.get(name))
        except forms.ValidationError as error:
            raise _bad(name, error.messages[0]) from error
    return GivenAnswer(**found)


def read_form(form_class: type[Form], body: bytes) -> Form:
    """Return the valid form in the body of a request.

    Raises
    ------
    BadAnswer
        The body is no JSON object, or a field is missing or wrong; one sentence names the first.
    """
    form = form_class(_json_object(body))
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        raise _bad(name, problems[0])
    return form


def _bad(name: str, problem: str) -> BadAnswer:
    return BadAnswer(problem if name == "answer" else f"{name}: {problem}")


def _answer(text: str) -> Answer:
    try:
        return parse_answer(text)
    except RuleError as error:
        raise forms.ValidationError(str(error)) from error


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body, parse_int=float)
    except (ValueError, RecursionError) as error:
        raise BadAnswer(_("The answer is not JSON; reload the page and give it again.")) from error
    if not isinstance(data, dict):
        raise BadAnswer(_("The answer is not a JSON object; reload the page and give it again."))
    return data
