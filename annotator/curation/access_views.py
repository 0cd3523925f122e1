"""Who sees a collection: shown and changed by the curators who see it."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.roles import needs_role
from annotator.explore.access import get_collection
from datasets_app.clips.access import people_who_see
from datasets_app.clips.models import Collection
from datasets_app.clips.privacy import (
    add_collection_member,
    remove_collection_member,
    set_collection_private,
)
from datasets_app.domain.errors import RuleError
from datasets_app.people.models import User

PER_PAGE = 50
STEERS = (User.Role.CURATOR, User.Role.ADMINISTRATOR)


@login_required
@never_cache
@require_safe
@needs_role(*STEERS)
def collection_access(request: HttpRequest, name: str) -> HttpResponse:
    """Show who sees the collection."""
    return _show(request, get_collection(name, request.user))


@login_required
@require_POST
@needs_role(*STEERS)
def collection_private(request: HttpRequest, name: str) -> HttpResponse:
    """Make the collection private (``is_private`` is 1), or open it to everybody here (0)."""
    collection = get_collection(name, request.user)
    wished = request.POST.get("is_private")
    if wished not in ("0", "1"):
        problem = _("Received neither 1 (private) nor 0 (open); load the page anew.")
        return _show(request, collection, problem, status=400)
    set_collection_private(collection=collection, is_private=wished == "1", actor=request.user)
    return redirect("collection-access", name)


@login_required
@require_POST
@needs_role(*STEERS)
def member_added(request: HttpRequest, name: str) -> HttpResponse:
    """Let a person, named as they sign in, see the collection."""
    collection = get_collection(name, request.user)
    typed = request.POST.get("username", "").strip()[:150].replace("\0", "")
    user = User.objects.filter(username=typed, is_active=True).first()
    try:
        if user is None:
            raise RuleError(
                _("There is no account %(name)s; names are those of the page of people.")
                % {"name": typed}
            )
        add_collection_member(collection=collection, user=user, actor=request.user)
    except RuleError as error:
        return _show(request, collection, str(error), typed=typed, status=400)
    messages.success(request, _("%(name)s sees it now.") % {"name": user.get_username()})
    return redirect("collection-access", name)


@login_required
@require_POST
@needs_role(*STEERS)
def member_removed(request: HttpRequest, name: str, person: uuid.UUID) -> HttpResponse:
    """Take a person out of the collection."""
    collection = get_collection(name, request.user)
    user = get_object_or_404(collection.members, uuid=person)
    try:
        remove_collection_member(collection=collection, user=user, actor=request.user)
    except RuleError as error:
        return _show(request, collection, str(error), status=400)
    messages.success(request, _("%(name)s is no longer a member.") % {"name": user.get_username()})
    return redirect("collection-access", name)


def _show(
    request: HttpRequest,
    collection: Collection,
    problem: str = "",
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    members = collection.members.filter(is_active=True).order_by("username")
    page = Paginator(members.prefetch_related("groups"), PER_PAGE)
    context = {
        "collection": collection,
        "n_who_see": people_who_see(collection).count(),
        "page": page.get_page(request.GET.get("page")),
        "problem": problem,
        "typed": typed,
    }
    return render(request, "annotator/pages/collection_access.html", context, status=status)
