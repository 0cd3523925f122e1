"""Gives what a page sent to the services, in their words."""

from typing import Any

from django.utils.translation import gettext as _

from annotator.tasks.forms import CommentForm, GivenAnswer, ReportForm, WithdrawForm
from datasets_app.clips.models import Clip, Collection
from datasets_app.labels.answering import (
    NotThere,
    comment_answer,
    take_answer,
    withdraw_answer,
)
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator
from datasets_app.votes.models import ClipReport
from datasets_app.votes.reports import report_clip
from datasets_app.votes.services import GivenVote


def give_answer(
    *, collection: Collection, annotator: Annotator, given: GivenAnswer, is_expert: bool
) -> dict[str, Any]:
    """Record an answer; return what the page is told. Errors as ``take_answer``."""
    vote = GivenVote(
        answer=given.answer,
        is_expert=is_expert,
        heard_fraction=given.heard_fraction,
        seconds_taken=given.seconds_taken,
        gain_db=given.gain_db,
        comment=given.comment,
        idempotency_key=given.idempotency_key,
    )
    saved = take_answer(
        collection=collection,
        annotator=annotator,
        nomination=given.nomination,
        given=vote,
        seen_answer=given.seen_answer,
    )
    return {"answer": saved}


def undo_answer(
    *, collection: Collection, annotator: Annotator, form: WithdrawForm
) -> dict[str, Any]:
    """Take an answer back; return what the page is told. Errors as ``withdraw_answer``."""
    saved = withdraw_answer(collection=collection, annotator=annotator, **form.cleaned_data)
    return {"answer": saved}


def note_comment(
    *, collection: Collection, annotator: Annotator, form: CommentForm
) -> dict[str, Any]:
    """Keep a comment; return what the page is told. Errors as ``comment_answer``."""
    saved = comment_answer(collection=collection, annotator=annotator, **form.cleaned_data)
    return {"comment": saved}


def note_report(
    *, collection: Collection, annotator: Annotator, form: ReportForm
) -> dict[str, Any]:
    """Keep a report; return what the page is told.

    Raises
    ------
    NotThere
        There is no such recording in the collection.
    """
    found = form.cleaned_data
    nomination = Nomination.objects.filter(
        uuid=found["nomination"], collection=collection, clip__state=Clip.State.AVAILABLE
    ).first()
    if nomination is None:
        raise NotThere(_("This recording is no longer part of the collection; it needs no report."))
    report_clip(
        nomination=nomination,
        annotator=annotator,
        reason=ClipReport.Reason(found["reason"]),
        comment=found["comment"],
        idempotency_key=found["idempotency_key"],
    )
    return {"reported": True}
