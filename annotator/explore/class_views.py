"""Finding work, and getting to know a class."""

from enum import StrEnum
from typing import TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.roles import JUDGES, needs_role
from annotator.explore import class_list
from annotator.explore.access import MEMBERS, get_collection, onlooker
from annotator.explore.class_list import SORT_NAMES, VIEW_NAMES, Sort, View
from annotator.explore.class_page import class_page
from annotator.explore.forms import GoalForm, HeardForm, PlanForm, first_problem
from datasets_app.clips.class_models import ClassExample
from datasets_app.clips.class_services import (
    set_class_goal,
    set_collection_goal,
    set_introduction_days,
)
from datasets_app.clips.models import Clip, Collection
from datasets_app.labels.examples import remove_class_example
from datasets_app.labels.introductions import hear_example
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User
from datasets_app.people.services import annotator_of_user

Choice = TypeVar("Choice", bound=StrEnum)


@login_required
@never_cache
@require_safe
@needs_role(*MEMBERS)
def classes(request: HttpRequest, name: str) -> HttpResponse:
    """Show the classes that need this person: by need, by ontology, easy ones, or searched for."""
    person = onlooker(request.user)
    place = class_list.read_place(get_collection(name, request.user), person.annotator)
    query = request.GET.get("q", "").strip()[:200]
    view = _one_of(View, request.GET.get("view"), View.NEEDED)
    sort = _one_of(Sort, request.GET.get("sort"), Sort.FURTHEST)
    shown = {
        "place": place,
        "person": person,
        "query": query,
        "view": view,
        "views": VIEW_NAMES.items(),
        "sort": sort,
        "sorts": SORT_NAMES.items(),
        **_found(place, query, view, sort, request.GET.get("page")),
    }
    is_part = request.htmx and not request.htmx.history_restore_request
    page = "partials/class_results.html" if is_part else "pages/classes.html"
    return render(request, f"annotator/{page}", shown)


@login_required
@never_cache
@require_safe
@needs_role(*MEMBERS)
def class_branch(request: HttpRequest, name: str, mid: str) -> HttpResponse:
    """Send the branches below one class, for the tree to unfold."""
    person = onlooker(request.user)
    collection = get_collection(name, request.user)
    parent = get_object_or_404(SoundClass, ontology=collection.ontology, mid=mid)
    place = class_list.read_place(collection, person.annotator)
    shown = {"place": place, "branches": class_list.branches(place, parent), "parent": parent}
    return render(request, "annotator/partials/class_branches.html", shown)


@login_required
@never_cache
@require_safe
@needs_role(*MEMBERS)
def class_(request: HttpRequest, name: str, mid: str) -> HttpResponse:
    """Show what one class is."""
    person = onlooker(request.user)
    collection = get_collection(name, request.user)
    sound_class = get_object_or_404(SoundClass, ontology=collection.ontology, mid=mid)
    page = class_page(collection, sound_class, person.annotator)
    return render(request, "annotator/pages/class.html", {"page": page, "person": person})


@login_required
@require_POST
@needs_role(*JUDGES)
def example_heard(request: HttpRequest, name: str, mid: str) -> HttpResponse:
    """Take down how much of an example was heard; send what is still to be heard."""
    collection = get_collection(name, request.user)
    sound_class = get_object_or_404(SoundClass, ontology=collection.ontology, mid=mid)
    annotator = annotator_of_user(user=request.user)
    form = HeardForm(request.POST)
    if not form.is_valid():
        return HttpResponse(first_problem(form), status=400, content_type="text/plain")
    clip = get_object_or_404(Clip, uuid=form.cleaned_data["clip"], collection=collection)
    try:
        hear_example(
            annotator=annotator,
            collection=collection,
            sound_class=sound_class,
            clip=clip,
            heard_fraction=form.cleaned_data["fraction"],
        )
    except ValueError as error:
        return HttpResponse(str(error), status=409, content_type="text/plain")
    page = class_page(collection, sound_class, annotator)
    return render(request, "annotator/partials/class_gate.html", {"page": page})


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def class_goal(request: HttpRequest, name: str, mid: str) -> HttpResponse:
    """Give one class a goal of its own, or the collection's."""
    collection = get_collection(name, request.user)
    sound_class = get_object_or_404(SoundClass, ontology=collection.ontology, mid=mid)
    form = GoalForm(request.POST)
    if form.is_valid():
        set_class_goal(
            collection=collection,
            sound_class=sound_class,
            n_clips=form.cleaned_data["n_clips"],
            actor=request.user,
        )
    else:
        messages.error(request, first_problem(form))
    return redirect("class", name, mid)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def class_plan(request: HttpRequest, name: str) -> HttpResponse:
    """Set what holds for all classes of a collection."""
    collection = get_collection(name, request.user)
    form = PlanForm(request.POST)
    if form.is_valid():
        _set_plan(collection, form.cleaned_data, request.user)
        messages.success(request, _("Kept."))
    else:
        messages.error(request, first_problem(form))
    return redirect("classes", name)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def example_removed(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """Let a clip no longer show a class."""
    example = ClassExample.objects.select_related("sound_class", "clip", "collection")
    found = example.filter(pk=pk, collection=get_collection(name, request.user)).first()
    if found is None:
        raise Http404
    mid = found.sound_class.mid
    remove_class_example(example=found, actor=request.user)
    return redirect("class", name, mid)


def _set_plan(collection: Collection, wanted: dict[str, int], actor: User) -> None:
    if wanted["n_clips"] != collection.class_goal:
        set_collection_goal(collection=collection, n_clips=wanted["n_clips"], actor=actor)
    if wanted["days"] != collection.introduction_days:
        set_introduction_days(collection=collection, days=wanted["days"], actor=actor)


def _found(
    place: class_list.Place, query: str, view: View, sort: Sort, number: object
) -> dict[str, object]:
    if query:
        return {"cards": class_list.found_cards(place, query)}
    if view is View.TREE:
        return {"branches": class_list.branches(place, None)}
    pages = class_list.easy_page if view is View.EASY else class_list.needed_page
    found = pages(place, sort=sort, number=number)
    return {"cards": found.object_list, "number": found}


def _one_of(kind: type[Choice], asked: str | None, otherwise: Choice) -> Choice:
    try:
        return kind(asked)
    except ValueError:
        return otherwise
