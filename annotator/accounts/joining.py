"""Where an invitation's link leads."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from annotator.accounts.forms import JoinForm
from annotator.accounts.single_sign_on import keep_invitation, providers
from annotator.security.limits import count_unknown_link
from datasets_app.people.invitations import (
    InvitationRefused,
    accept_invitation,
    find_invitation,
)
from datasets_app.people.models import Invitation, User
from datasets_app.people.roles import RoleRefused

BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Let someone in by an invitation: with a new account, or with the one they signed in to."""
    try:
        found = find_invitation(token)
    except (InvitationRefused, RoleRefused) as error:
        count_unknown_link(request)
        return render(request, "annotator/pages/invitation.html", {"problem": error}, status=410)
    if request.user.is_authenticated:
        return _join_signed_in(request, found, token)
    keep_invitation(request, token)
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _make_account(request, form, token)
            return redirect("home")
        except InvitationRefused as error:
            form.add_error(None, str(error))
        except IntegrityError:
            form.add_error("username", _("This name is taken; choose another."))
    return _show(request, found, form)


def _join_signed_in(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    if request.method == "POST":
        try:
            accept_invitation(token=token, user=request.user)
        except InvitationRefused as error:
            return _show(request, found, None, str(error))
        messages.success(request, _("Your new roles are yours from now on."))
        return redirect("home")
    return _show(request, found, None)


def _make_account(request: HttpRequest, form: JoinForm, token: str) -> None:
    with transaction.atomic():
        user = User.objects.create_user(
            form.cleaned_data["username"], password=form.cleaned_data["password"]
        )
        accept_invitation(token=token, user=user)
    login(request, user, backend=BACKEND)


def _show(
    request: HttpRequest, found: Invitation, form: JoinForm | None, problem: str = ""
) -> HttpResponse:
    context = {
        "invitation": found,
        "roles": [_(User.Role(name).label) for name in found.roles],
        "form": form,
        "problem": problem,
        "providers": providers(request),
    }
    status = 400 if problem or (form and form.errors) else 200
    return render(request, "annotator/pages/invitation.html", context, status=status)
