"""The page of people, and what curators and administrators do there."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.forms import AccountActionForm, InvitationForm, RoleForm
from annotator.accounts.people import people_page
from annotator.accounts.roles import has_any_role, needs_role
from annotator.accounts.single_sign_on import forget_providers
from annotator.security.limits import INVITATIONS
from datasets_app.labels.accounts import AccountRefused, delete_account, transfer_votes
from datasets_app.people.invitations import (
    InvitationRefused,
    create_invitation,
    revoke_invitation,
)
from datasets_app.people.models import Invitation, User
from datasets_app.people.roles import RoleRefused, change_role
from datasets_app.people.services import annotator_of_user

STEERS = (User.Role.CURATOR, User.Role.ADMINISTRATOR)


@login_required
@never_cache
@require_safe
@needs_role(*STEERS)
def people(request: HttpRequest) -> HttpResponse:
    """Show who is here and which invitations are open."""
    return _show(request)


@login_required
@require_POST
@needs_role(*STEERS)
def invite(request: HttpRequest) -> HttpResponse:
    """Make an invitation and show its link, this once."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _show(request, problem=form.first_problem(), status=400)
    INVITATIONS.count(str(request.user.pk))
    try:
        _made, token = create_invitation(inviter=request.user, **form.cleaned_data)
    except (InvitationRefused, RoleRefused) as error:
        return _show(request, problem=str(error), status=400)
    link = request.build_absolute_uri(reverse("invitation", args=[token]))
    return _show(request, link=link)


@login_required
@require_POST
@needs_role(*STEERS)
def revoke(request: HttpRequest, invitation: uuid.UUID) -> HttpResponse:
    """Take an invitation back; curators only their own."""
    found = Invitation.objects.filter(uuid=invitation)
    if not _administers(request.user):
        found = found.filter(invited_by=request.user)
    try:
        revoke_invitation(actor=request.user, invitation=get_object_or_404(found))
    except InvitationRefused as error:
        return _show(request, problem=str(error), status=409)
    messages.success(request, _("The invitation was taken back."))
    return redirect("people")


@login_required
@require_POST
@needs_role(*STEERS)
def set_role(request: HttpRequest, person: uuid.UUID) -> HttpResponse:
    """Give or take one role."""
    user = get_object_or_404(User, uuid=person, is_active=True)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(form.first_problem())
    role, is_given = User.Role(form.cleaned_data["role"]), form.cleaned_data["is_given"]
    try:
        change_role(actor=request.user, user=user, role=role, is_given=is_given)
    except RoleRefused as error:
        return _show(request, problem=str(error), status=403)
    names = {"name": user.get_username(), "role": _(role.label).lower()}
    said = _("%(name)s is now %(role)s.") if is_given else _("%(name)s is no longer %(role)s.")
    messages.success(request, said % names)
    return redirect("people")


@login_required
@never_cache
@needs_role(User.Role.ADMINISTRATOR)
def person(request: HttpRequest, person: uuid.UUID) -> HttpResponse:
    """Hand one person's answers to another account, or delete the account."""
    user = get_object_or_404(User, uuid=person, is_active=True)
    form = AccountActionForm(request.POST or None)
    if request.method != "POST":
        return render(request, "annotator/pages/person.html", {"person": user, "form": form})
    problem = form.first_problem() if not form.is_valid() else None
    if problem is None:
        try:
            messages.success(request, _act(request.user, user, form.cleaned_data))
            return redirect("people")
        except AccountRefused as error:
            problem = str(error)
    context = {"person": user, "form": form, "problem": problem}
    return render(request, "annotator/pages/person.html", context, status=400)


def _act(actor: User, user: User, wanted: dict) -> str:
    if wanted["typed_name"] != user.get_username():
        raise AccountRefused(
            _("Type the name %(name)s to confirm; nothing was changed.")
            % {"name": user.get_username()}
        )
    if wanted["action"] == "delete":
        with transaction.atomic():
            forget_providers(user)
            delete_account(actor=actor, user=user)
        return _("The account was deleted; its answers stay, without a name.")
    target = User.objects.filter(username=wanted["to"], is_active=True).first()
    if target is None:
        raise AccountRefused(_("There is no account %(name)s.") % {"name": wanted["to"]})
    n_moved = transfer_votes(
        actor=actor, source=annotator_of_user(user=user), target=annotator_of_user(user=target)
    )
    return _("%(n)d answers now belong to %(name)s.") % {
        "n": n_moved,
        "name": target.get_username(),
    }


def _administers(user: User) -> bool:
    return has_any_role(user, User.Role.ADMINISTRATOR)


def _show(
    request: HttpRequest, *, problem: str = "", link: str = "", status: int = 200
) -> HttpResponse:
    page = people_page(
        reader=request.user,
        query=request.GET.get("q", "").replace("\0", "").strip()[:100],
        role=request.GET.get("role", ""),
        number=request.GET.get("page"),
    )
    context = {
        "page": page,
        "problem": problem,
        "link": link,
        "roles": list(User.Role),
        "administers": _administers(request.user),
    }
    return render(request, "annotator/pages/people.html", context, status=status)
