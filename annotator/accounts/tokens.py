"""The page of one's API tokens: made, shown once, taken back."""

import uuid

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotator.explore.forms import first_problem
from datasets_app.people.token_models import ApiToken
from datasets_app.people.tokens import (
    LONGEST_DAYS,
    TokenRefused,
    create_token,
    live_tokens,
    revoke_token,
    scopes_of_use,
)

SCOPES = {
    ApiToken.Scope.READ: gettext_lazy("read what you may see"),
    ApiToken.Scope.VOTE: gettext_lazy("give answers as you"),
    ApiToken.Scope.CURATE: gettext_lazy("mend clips, propose classes, publish releases"),
    ApiToken.Scope.JOBS: gettext_lazy("start and stop jobs"),
}
USUAL_DAYS = 90


class TokenForm(forms.Form):
    """A name, what the token may do, and for how long."""

    name = forms.CharField(max_length=100)
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.value) for scope in SCOPES], required=False
    )
    days = forms.IntegerField(min_value=1, max_value=LONGEST_DAYS)


@login_required
@never_cache
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """Show one's tokens and the form for another."""
    return _show(request)


@login_required
@never_cache
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show its secret, this once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _show(request, problem=first_problem(form), status=400)
    wanted = form.cleaned_data
    scopes = [ApiToken.Scope(scope) for scope in wanted["scopes"]]
    try:
        _token, secret = create_token(
            user=request.user, name=wanted["name"], scopes=scopes, days=wanted["days"]
        )
    except TokenRefused as error:
        return _show(request, problem=str(error), status=400)
    return _show(request, secret=secret)


@login_required
@require_POST
def end_token(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """Take one of one's own tokens back."""
    found = get_object_or_404(ApiToken, uuid=token, user=request.user)
    revoke_token(actor=request.user, token=found)
    messages.success(request, _("%(name)s opens nothing any more.") % {"name": found.name})
    return redirect("tokens")


def _show(
    request: HttpRequest, *, problem: str = "", secret: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "tokens": list(live_tokens(request.user)),
        "scopes": [(scope.value, SCOPES[scope]) for scope in scopes_of_use(request.user)],
        "days": USUAL_DAYS,
        "most_days": LONGEST_DAYS,
        "problem": problem,
        "secret": secret,
    }
    return render(request, "annotator/pages/tokens.html", context, status=status)
