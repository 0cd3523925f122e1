"""Refinement: where it stands, one clip of it, and the address that takes its changes."""

from http import HTTPStatus
from uuid import UUID

from django.contrib.auth.decorators import login_not_required, login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotator.accounts.roles import has_any_role, needs_role
from annotator.explore.access import get_collection, onlooker
from annotator.refinement.changes import make_change
from annotator.refinement.comparison import compare_class
from annotator.refinement.refine_page import classes_json, clip_page, start_page
from annotator.refinement.request_body import BadRequest, refusal
from datasets_app.clips.access import visible_collections
from datasets_app.clips.models import Clip
from datasets_app.domain.errors import RuleError
from datasets_app.labels.refinement.models import RefinementPass
from datasets_app.labels.refinement.queue import NoSeat, take_clip, take_next_clip
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User
from datasets_app.people.services import annotator_of_user
from datasets_app.splits.sides import clips_to_refine

SIGN_IN_AGAIN = _("You are signed out; your changes are kept here and saved once you are back.")
NOT_AN_EXPERT = _("Your account may not refine recordings; ask a curator for the role expert.")
NOT_TAKEN = _("You have not taken this recording; open it from the page of refinement.")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs_role(User.Role.EXPERT)
def refine(request: HttpRequest, name: str) -> HttpResponse:
    """Show how far refinement is (GET), or give this person the next recording (POST)."""
    collection = get_collection(name, request.user)
    annotator = annotator_of_user(user=request.user)
    if request.method == "POST":
        among = clips_to_refine(collection=collection)
        taken = take_next_clip(collection=collection, annotator=annotator, among=among)
        if taken is None:
            return redirect("refine", name)
        return redirect("refine-clip", name, taken.clip.uuid)
    page = start_page(collection=collection, annotator=annotator)
    return render(
        request,
        "annotator/pages/refine_start.html",
        {"page": page, "person": onlooker(request.user)},
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs_role(User.Role.EXPERT)
def refine_clip(request: HttpRequest, name: str, clip: UUID) -> HttpResponse:
    """Show one's own pass of a recording; a POST takes the recording first, if a seat is free."""
    collection = get_collection(name, request.user)
    among = collection.clips.filter(state=Clip.State.AVAILABLE, sha256__isnull=False)
    found = get_object_or_404(among.select_related("collection__ontology"), uuid=clip)
    annotator = annotator_of_user(user=request.user)
    problem = ""
    if request.method == "POST":
        get_object_or_404(clips_to_refine(collection=collection), pk=found.pk)
        try:
            take_clip(clip=found, annotator=annotator)
        except NoSeat as error:
            problem = str(error)
    refinement = RefinementPass.objects.filter(clip=found, annotator=annotator).first()
    if refinement is None or problem:
        person = onlooker(request.user)
        shown = {"collection": collection, "clip": found, "problem": problem, "person": person}
        return render(request, "annotator/pages/refine_take.html", shown)
    refinement.clip = found
    page = clip_page(collection=collection, refinement=refinement)
    shown = {"page": page, "script_data": page.as_json(str(request.user.uuid))}
    return render(request, "annotator/pages/refine.html", shown)


@login_not_required
@require_POST
def refine_changes(request: HttpRequest, name: str, clip: UUID) -> JsonResponse:
    """Take one change to a pass; every refusal is a sentence in JSON."""
    if not request.user.is_authenticated:
        return refusal(HTTPStatus.UNAUTHORIZED, SIGN_IN_AGAIN)
    if not has_any_role(request.user, User.Role.EXPERT):
        return refusal(HTTPStatus.FORBIDDEN, NOT_AN_EXPERT)
    refinement = (
        RefinementPass.objects.filter(
            clip__uuid=clip,
            clip__collection__in=visible_collections(request.user).filter(name=name),
            clip__state=Clip.State.AVAILABLE,
            annotator__user=request.user,
        )
        .select_related("clip__collection__ontology")
        .first()
    )
    if refinement is None:
        return refusal(HTTPStatus.NOT_FOUND, NOT_TAKEN)
    try:
        make_change(refinement=refinement, body=request.body, user=request.user)
    except (BadRequest, RuleError) as error:
        return refusal(HTTPStatus.BAD_REQUEST, str(error))
    return JsonResponse({"is_saved": True})


@login_required
@require_safe
@cache_control(private=True, max_age=300)
@needs_role(User.Role.EXPERT)
def classes_to_find(request: HttpRequest, name: str) -> JsonResponse:
    """Send the ontology, for a search as one types that also works offline."""
    collection = get_collection(name, request.user)
    return JsonResponse({"classes": classes_json(collection)})


@login_required
@require_safe
@needs_role(User.Role.EXPERT)
def class_to_compare(request: HttpRequest, name: str, mid: str) -> HttpResponse:
    """Send a class with its siblings and children as players: a piece of the refinement page."""
    collection = get_collection(name, request.user)
    sound_class = get_object_or_404(SoundClass, ontology=collection.ontology, mid=mid)
    found = compare_class(collection=collection, sound_class=sound_class)
    return render(request, "annotator/partials/refine_compare.html", {"found": found})
