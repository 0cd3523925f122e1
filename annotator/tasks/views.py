"""The validation page, and the address that takes its answers."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required, login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.roles import JUDGES, has_any_role, needs_role
from annotator.tasks.answering import NotOpen, NotThere, give_answer
from annotator.tasks.forms import BadAnswer, read_answer
from annotator.tasks.validation import ANSWER_CHOICES, validation_page
from datasets_app.clips.models import Collection
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User
from datasets_app.people.services import annotator_of_user, has_role

SIGN_IN_AGAIN = "You are signed out; your answer is kept here and saved once you sign in again."
NOT_A_JUDGE = "Your account may not give answers; ask a curator for the role annotator."


@login_required
@never_cache
@require_safe
@needs_role(*JUDGES)
def validate(request: HttpRequest, name: str, mid: str) -> HttpResponse:
    """Show the next recordings of one class to this person."""
    collection = get_object_or_404(Collection.objects.select_related("ontology"), name=name)
    sound_class = get_object_or_404(SoundClass, ontology=collection.ontology, mid=mid)
    annotator = annotator_of_user(user=request.user)
    page = validation_page(collection=collection, sound_class=sound_class, annotator=annotator)
    shown = {"page": page, "script_data": page.as_json(str(request.user.uuid))}
    return render(request, "annotator/pages/validate.html", {**shown, "choices": ANSWER_CHOICES})


@login_not_required
@require_POST
def answers(request: HttpRequest, name: str) -> JsonResponse:
    """Take one answer; every refusal is a sentence in JSON."""
    if not request.user.is_authenticated:
        return _refusal(HTTPStatus.UNAUTHORIZED, SIGN_IN_AGAIN)
    if not has_any_role(request.user, *JUDGES):
        return _refusal(HTTPStatus.FORBIDDEN, NOT_A_JUDGE)
    try:
        return JsonResponse({"answer": _take_answer(request, name)})
    except BadAnswer as error:
        return _refusal(HTTPStatus.BAD_REQUEST, str(error))
    except NotThere as error:
        return _refusal(HTTPStatus.NOT_FOUND, str(error))
    except NotOpen as error:
        return _refusal(HTTPStatus.CONFLICT, str(error))


def _take_answer(request: HttpRequest, name: str) -> str:
    given = read_answer(request.body)
    collection = Collection.objects.filter(name=name).first()
    if collection is None:
        raise NotThere("There is no such collection; go back to the start page.")
    vote = give_answer(
        collection=collection,
        annotator=annotator_of_user(user=request.user),
        given=given,
        is_expert=has_role(user=request.user, role=User.Role.EXPERT),
    )
    return vote.answer


def _refusal(status: HTTPStatus, sentence: str) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=status)
