"""A collection from its ontology to its runs, and its runs while they go."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotator.accounts.roles import needs_role
from annotator.curation.collection_page import collection_page
from annotator.curation.runs import runs_as_json
from annotator.explore.access import get_collection, onlooker
from datasets_app.people.models import User


@login_required
@never_cache
@require_safe
@needs_role(User.Role.CURATOR)
def collection(request: HttpRequest, name: str) -> HttpResponse:
    """Show where the collection stands and what to do next."""
    found = get_collection(name, request.user)
    page = collection_page(found)
    shown = {"page": page, "person": onlooker(request.user)}
    return render(request, "annotator/pages/collection.html", shown)


@login_required
@never_cache
@require_safe
@needs_role(User.Role.CURATOR)
def runs(request: HttpRequest, name: str) -> JsonResponse:
    """Say how far the latest jobs are, for the page to follow them."""
    found = get_collection(name, request.user)
    return JsonResponse(runs_as_json(found))
