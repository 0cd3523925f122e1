"""Adjudication: one conflict after the other, and the address that takes the decisions."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_not_required, login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.roles import has_any_role, needs_role
from annotator.explore.access import get_collection, onlooker
from annotator.refinement.adjudication_page import adjudication_page
from annotator.refinement.request_body import BadRequest, read_form, refusal
from annotator.tasks.validation import ANSWER_CHOICES
from datasets_app.clips.access import visible_collections
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.adjudication import LONGEST_REASON
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.adjudication.deciding import NotYours, withdraw_adjudication
from datasets_app.labels.adjudication.deciding import adjudicate as decide_conflict
from datasets_app.labels.adjudication.models import Adjudication
from datasets_app.labels.adjudication.queue import ADJUDICATORS, hold_conflict, take_conflict
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator
from datasets_app.people.services import annotator_of_user


class DecisionForm(forms.Form):
    """A decision with its reason, or (``withdraw``) the decision to take back."""

    idempotency_key = forms.UUIDField()
    nomination = forms.UUIDField(required=False)
    answer = forms.ChoiceField(choices=[(a.value, a.value) for a in Answer], required=False)
    reason = forms.CharField(max_length=2 * LONGEST_REASON, required=False)
    withdraw = forms.UUIDField(required=False)


@login_required
@never_cache
@require_safe
@needs_role(*ADJUDICATORS)
def adjudicate(request: HttpRequest, name: str) -> HttpResponse:
    """Show the next conflict, this person's until its lease ends; or the one in the address."""
    collection = get_collection(name, request.user)
    annotator = annotator_of_user(user=request.user)
    wanted = _wanted(request, collection)
    if wanted is None or not hold_conflict(nomination=wanted, annotator=annotator):
        wanted = take_conflict(collection=collection, annotator=annotator)
    if wanted is not None:
        wanted = Nomination.objects.select_related("clip", "sound_class", "label").get(pk=wanted.pk)
    page = adjudication_page(collection=collection, annotator=annotator, nomination=wanted)
    shown = {"page": page, "script_data": page.as_json(str(request.user.uuid))}
    around = {"choices": ANSWER_CHOICES, "person": onlooker(request.user)}
    return render(request, "annotator/pages/adjudicate.html", shown | around)


@login_not_required
@require_POST
def adjudications(request: HttpRequest, name: str) -> JsonResponse:
    """Take one decision, or take one back; every refusal is a sentence in JSON."""
    if not request.user.is_authenticated:
        return refusal(
            HTTPStatus.UNAUTHORIZED,
            _("You are signed out; your decision is kept here and saved once you are back."),
        )
    if not has_any_role(request.user, *ADJUDICATORS):
        return refusal(
            HTTPStatus.FORBIDDEN,
            _("Your account may not decide conflicts; ask a curator for the role expert."),
        )
    try:
        sent = read_form(request.body, DecisionForm)
        return _settle(request, name, sent)
    except (BadRequest, RuleError) as error:
        return refusal(HTTPStatus.BAD_REQUEST, str(error))
    except NotYours as error:
        return refusal(HTTPStatus.CONFLICT, str(error))


def _settle(request: HttpRequest, name: str, sent: dict[str, Any]) -> JsonResponse:
    annotator = annotator_of_user(user=request.user)
    if sent["withdraw"] is not None:
        return _withdraw(request, name, sent["withdraw"], annotator)
    nomination = (
        Nomination.objects.filter(
            uuid=sent["nomination"],
            clip__collection__in=visible_collections(request.user).filter(name=name),
            clip__state=Clip.State.AVAILABLE,
        )
        .select_related("clip__collection__ontology")
        .first()
    )
    if nomination is None:
        return refusal(HTTPStatus.NOT_FOUND, _("This recording is no longer in the collection."))
    if not sent["answer"]:
        raise BadRequest(_("The decision has no answer; choose PP, PNP, NP or U."))
    decided = decide_conflict(
        nomination=nomination,
        annotator=annotator,
        answer=Answer(sent["answer"]),
        reason=sent["reason"],
        idempotency_key=sent["idempotency_key"],
        actor=request.user,
    )
    return JsonResponse({"decision": str(decided.uuid)})


def _withdraw(
    request: HttpRequest, name: str, decision: UUID, annotator: Annotator
) -> JsonResponse:
    seen = visible_collections(request.user).filter(name=name)
    found = Adjudication.objects.filter(uuid=decision, nomination__clip__collection__in=seen)
    adjudication = found.select_related("nomination__clip__collection__ontology").first()
    if adjudication is None:
        return refusal(HTTPStatus.NOT_FOUND, _("There is no such decision; reload the page."))
    withdraw_adjudication(adjudication=adjudication, annotator=annotator, actor=request.user)
    return JsonResponse({"nomination": str(adjudication.nomination.uuid)})


def _wanted(request: HttpRequest, collection: Collection) -> Nomination | None:
    try:
        uuid = UUID(request.GET.get("conflict", ""))
    except ValueError:
        return None
    of_collection = Nomination.objects.filter(clip__collection=collection)
    return of_collection.select_related("clip__collection").filter(uuid=uuid).first()
