"""Clips, uploaders, and the search among them."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.roles import needs_role
from annotator.explore.access import MEMBERS, get_collection, get_visible_clip, onlooker
from annotator.explore.clip_page import clip_page
from annotator.explore.clip_search import search_page
from annotator.explore.forms import ExampleForm, first_problem
from annotator.explore.similar import clips_like, latest_embeddings
from annotator.explore.uploader_page import uploader_page
from datasets_app.clips.class_models import ClassExample
from datasets_app.clips.models import Clip, Uploader
from datasets_app.clips.similarity import NotSimilar
from datasets_app.labels.examples import add_class_example
from datasets_app.ontology.models import SoundClass
from datasets_app.people.models import User


@login_required
@never_cache
@require_safe
@needs_role(*MEMBERS)
def clip(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show one clip to anyone who may see it."""
    person = onlooker(request.user)
    page = clip_page(get_visible_clip(uuid, person), person)
    has_similar = page.can_be_heard and latest_embeddings(page.clip.collection) is not None
    address = reverse("similar-clips", args=[uuid]) if has_similar else ""
    shown = {"page": page, "person": person, "similar_address": address}
    return render(request, "annotator/pages/clip.html", shown)


@login_required
@never_cache
@require_safe
@needs_role(*MEMBERS)
def similar(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Send the recordings that sound like one, for its page to show."""
    found = get_visible_clip(uuid, onlooker(request.user))
    embeddings = latest_embeddings(found.collection)
    if embeddings is None:
        raise Http404
    try:
        shown = {"found": {"clips": clips_like(found, embeddings)}}
    except NotSimilar as error:
        shown = {"sentence": str(error)}
    return render(request, "annotator/partials/similar_clips.html", shown)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def example_added(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Let the clip show what a class is, or is not."""
    found = get_visible_clip(uuid, onlooker(request.user))
    form = ExampleForm(request.POST)
    if form.is_valid():
        _add_example(request, found, form)
    else:
        messages.error(request, first_problem(form))
    return redirect("clip", uuid)


@login_required
@never_cache
@require_safe
@needs_role(*MEMBERS)
def uploader(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """Show the clips of one uploader."""
    person = onlooker(request.user)
    found = get_object_or_404(
        Uploader.objects.select_related("collection__ontology"),
        pk=pk,
        collection=get_collection(name, request.user),
    )
    before = request.GET.get("before", "")
    is_cursor = before.isascii() and before.isdigit() and len(before) < 19
    page = uploader_page(found, person, int(before) if is_cursor else None)
    shown = {"page": page, "collection": found.collection, "person": person}
    return render(request, "annotator/pages/uploader.html", shown)


@login_required
@never_cache
@require_safe
@needs_role(*MEMBERS)
def search(request: HttpRequest, name: str) -> HttpResponse:
    """Find clips of a collection."""
    person = onlooker(request.user)
    page = search_page(get_collection(name, request.user), person, request.GET)
    return render(request, "annotator/pages/search.html", {"page": page, "person": person})


def _add_example(request: HttpRequest, found: Clip, form: ExampleForm) -> None:
    ontology = found.collection.ontology
    sound_class = get_object_or_404(SoundClass, ontology=ontology, mid=form.cleaned_data["mid"])
    try:
        add_class_example(
            collection=found.collection,
            sound_class=sound_class,
            clip=found,
            kind=ClassExample.Kind(form.cleaned_data["kind"]),
            note=form.cleaned_data["note"].strip(),
            actor=request.user,
        )
    except ValueError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It now shows what %(name)s is.") % {"name": sound_class.name})
