"""The validation page, and the addresses its script talks to.

``c`` is a collection's name. Bodies are JSON objects, answers too; times are ISO 8601. A refusal is
always ``{"error": sentence}``. 400: what was sent is malformed; 401: signed out, keep it and sign
in; 403: not for this role; 404: not there (any more); 409: not as things stand now. What met 401,
or no answer at all, may be sent again under its ``idempotency_key``: a key counts once, however
late.

``GET /collections/c/validate/<mid>`` (validate)
    HTML with the data below. It leases up to twelve recordings; loaded again it shows the same ones
    in the same order, those answered with their answers, until the page is released, expired, or
    wholly answered: then the next.
``GET /collections/c/next-page/<mid>?after=<page>`` (next-page)
    ``{"page": data or null}``: the page behind that one, leased now, so that its media can be
    fetched ahead; ``validate`` shows it once the page before it is released or wholly answered.
    Null: nothing is left.
    Data of a page: ``page`` (uuid), ``user`` (uuid), ``expires_at``, ``lease_s``, ``answers_url``,
    ``withdraw_url``, ``comment_url``, ``report_url``, ``renew_url``, ``release_url``, ``next_url``,
    ``sign_in_url``, and ``clips``: for each ``nomination`` (uuid), ``duration_s``,
    ``loudness_lufs``, ``preview``, ``spectrogram``, ``peaks``, ``answer`` ("" or PP, PNP, NP, U)
    and ``comment``.
``POST /collections/c/answers`` (answers): give or change an answer
    ``nomination``, ``answer``, ``idempotency_key``; optional ``heard_fraction``,
    ``seconds_taken``, ``gain_db``, ``comment`` (kept if not sent) and ``seen_answer``: the answer
    that this page believes to be saved, "" for none. 200 ``{"answer": saved}``. 409 with
    ``{"error": ..., "conflict": {"saved": ..., "given": ...}}`` where ``seen_answer`` was sent and
    the same person has saved another one elsewhere meanwhile: offer both, and send the choice with
    ``seen_answer`` set to ``saved`` and a new key. 409 without ``conflict``: not needed any more.
``POST /collections/c/answers/withdraw`` (withdraw-answer): undo a first answer
    ``nomination``, ``idempotency_key``; optional ``seen_answer``. 200 ``{"answer": ""}``.
``POST /collections/c/answers/comment`` (comment-answer)
    ``nomination``, ``comment`` (up to 2,000 characters, "" takes it away), to an answer that is
    saved. 200 ``{"comment": saved}``; 409 if there is no answer yet: send it with the answer.
``POST /collections/c/reports`` (report-clip)
    ``nomination``, ``reason`` (not_playable, not_this_kind, personal_data, offensive,
    wrong_licence, other), ``comment`` (needed for other), ``idempotency_key``. 200
    ``{"reported": true}``. The recording stays on the page and may be left open.
``POST /collections/c/pages/<page>/renew`` (renew-page): send it about every ``lease_s / 3``
    200 ``{"expires_at": ...}``; 409 once the page has expired or was released: its answers may
    still be given while they are wanted. Every answer renews as well.
``POST /collections/c/pages/<page>/release`` (release-page): on leaving, also by sendBeacon
    200 ``{"released": true}``, however often. The seats not used are free again. Not for the page
    fetched ahead when going on to it.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.roles import JUDGES, has_any_role, needs_role
from annotator.explore.access import get_collection
from annotator.tasks.answering import give_answer, note_comment, note_report, undo_answer
from annotator.tasks.forms import (
    BadAnswer,
    CommentForm,
    ReportForm,
    WithdrawForm,
    read_answer,
    read_form,
)
from annotator.tasks.validation import ANSWER_CHOICES, ValidationPage, validation_page
from datasets_app.clips.access import user_can_see
from datasets_app.clips.models import Collection
from datasets_app.labels.answering import AnsweredElsewhere, NotOpen, NotThere
from datasets_app.labels.introduction_gate import NotIntroduced, check_introduced
from datasets_app.labels.pages import PageGone, release_page, renew_page
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import Annotator, User
from datasets_app.people.services import annotator_of_user, has_role
from datasets_app.votes.even_times import replies_at_even_times

_COLLECTION = "SELECT * FROM datasets_app_collection WHERE name = %s"
"""Every answer asks it; as text it takes a third of the time."""
Action = Callable[[HttpRequest, Collection, Annotator], dict[str, Any]]


@login_required
@never_cache
@require_safe
@needs_role(*JUDGES)
def validate(request: HttpRequest, name: str, mid: str) -> HttpResponse:
    """Show the present page of recordings of one class to this person."""
    try:
        page = _page(request, name, mid, after=None)
    except NotIntroduced as error:
        messages.info(request, str(error))
        return redirect("class", name, mid)
    shown = {"page": page, "script_data": page.as_json(str(request.user.uuid))}
    return render(request, "annotator/pages/validate.html", {**shown, "choices": ANSWER_CHOICES})


@login_required
@never_cache
@require_safe
@needs_role(*JUDGES)
def next_page(request: HttpRequest, name: str, mid: str) -> JsonResponse:
    """Lease the page behind another one, so that its media can be fetched ahead."""
    try:
        after = uuid.UUID(request.GET.get("after", ""))
    except ValueError:
        return _refusal(HTTPStatus.BAD_REQUEST, _("Name the present page: ?after=<its uuid>."))
    try:
        page = _page(request, name, mid, after=after)
    except NotIntroduced as error:
        return _refusal(HTTPStatus.CONFLICT, str(error))
    return JsonResponse({"page": page.as_json(str(request.user.uuid))})


def _page(request: HttpRequest, name: str, mid: str, *, after: uuid.UUID | None) -> ValidationPage:
    collection = get_collection(name, request.user)
    sound_class = get_object_or_404(SoundClass, ontology=collection.ontology, mid=mid)
    annotator = annotator_of_user(user=request.user)
    check_introduced(annotator, collection, sound_class)
    return validation_page(
        collection=collection,
        sound_class=sound_class,
        annotator=annotator,
        is_expert=has_role(user=request.user, role=User.Role.EXPERT),
        after=after,
    )


def _judges_action(action: Action) -> Callable[..., JsonResponse]:
    """Make a view of what a page's script asks for; every refusal is a sentence in JSON."""

    @login_not_required
    @never_cache
    @require_POST
    @replies_at_even_times
    @wraps(action)
    def view(request: HttpRequest, name: str, **named: Any) -> JsonResponse:
        if not request.user.is_authenticated:
            return _refusal(
                HTTPStatus.UNAUTHORIZED,
                _("You are signed out; your answer is kept here and saved once you sign in again."),
            )
        if not has_any_role(request.user, *JUDGES):
            return _refusal(
                HTTPStatus.FORBIDDEN,
                _("Your account may not give answers; ask a curator for the role annotator."),
            )
        return _answered(
            lambda: action(request, _collection(request, name), _person(request), **named)
        )

    return view


def _answered(act: Callable[[], dict[str, Any]]) -> JsonResponse:
    try:
        return JsonResponse(act())
    except BadAnswer as error:
        return _refusal(HTTPStatus.BAD_REQUEST, str(error))
    except NotThere as error:
        return _refusal(HTTPStatus.NOT_FOUND, str(error))
    except AnsweredElsewhere as error:
        conflict = {"saved": error.saved, "given": error.given}
        return _refusal(HTTPStatus.CONFLICT, str(error), conflict=conflict)
    except NotOpen as error:
        return _refusal(HTTPStatus.CONFLICT, str(error))
    except PageGone:
        return _refusal(
            HTTPStatus.CONFLICT,
            _("This page's time is over; answers are still taken while they are wanted."),
        )


@_judges_action
def answers(request: HttpRequest, collection: Collection, annotator: Annotator) -> dict[str, Any]:
    """Take one answer."""
    return give_answer(
        collection=collection,
        annotator=annotator,
        given=read_answer(request.body),
        is_expert=has_role(user=request.user, role=User.Role.EXPERT),
    )


@_judges_action
def withdraw(request: HttpRequest, collection: Collection, annotator: Annotator) -> dict[str, Any]:
    """Take an answer back."""
    form = read_form(WithdrawForm, request.body)
    return undo_answer(collection=collection, annotator=annotator, form=form)


@_judges_action
def comment(request: HttpRequest, collection: Collection, annotator: Annotator) -> dict[str, Any]:
    """Keep a comment."""
    form = read_form(CommentForm, request.body)
    return note_comment(collection=collection, annotator=annotator, form=form)


@_judges_action
def report(request: HttpRequest, collection: Collection, annotator: Annotator) -> dict[str, Any]:
    """Keep a report of a bad recording."""
    form = read_form(ReportForm, request.body)
    return note_report(collection=collection, annotator=annotator, form=form)


@_judges_action
def renew(
    request: HttpRequest, collection: Collection, annotator: Annotator, *, page: uuid.UUID
) -> dict[str, Any]:
    """Keep a page's recordings for its reader."""
    found = renew_page(page=page, annotator=annotator)
    return {"expires_at": found.expires_at.isoformat()}


@_judges_action
def release(
    request: HttpRequest, collection: Collection, annotator: Annotator, *, page: uuid.UUID
) -> dict[str, Any]:
    """Give a page's unused recordings to others."""
    release_page(page=page, annotator=annotator)
    return {"released": True}


def _collection(request: HttpRequest, name: str) -> Collection:
    for collection in Collection.objects.raw(_COLLECTION, [name]):
        if user_can_see(user=request.user, collection=collection):
            return collection
    raise NotThere(_("There is no such collection; go back to the start page."))


def _person(request: HttpRequest) -> Annotator:
    return annotator_of_user(user=request.user)


def _refusal(status: HTTPStatus, sentence: str, **more: Any) -> JsonResponse:
    return JsonResponse({"error": sentence, **more}, status=status)
