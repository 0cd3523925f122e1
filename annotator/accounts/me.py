"""One's own page: what one gave, how to take it along, one's password and one's account."""

import csv
from collections.abc import Iterator

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.day_bars import day_bars
from annotator.accounts.single_sign_on import forget_providers
from annotator.security.limits import PASSWORD_CHANGES
from datasets_app.labels.accounts import AccountRefused, delete_account
from datasets_app.people.services import annotator_of_user
from datasets_app.votes.contributions import EXPORT_COLUMNS, contributions_of, exported_votes
from datasets_app.votes.verifying import own_agreement

FEWEST_TO_SHOW = 5
"""Agreement on fewer known answers says nothing yet, and would only discourage."""


@login_required
@never_cache
@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Show one's own contribution."""
    return _show(request)


@login_required
@require_safe
def my_votes(request: HttpRequest) -> StreamingHttpResponse:
    """Stream one's own answers as csv."""
    rows = exported_votes(annotator_of_user(user=request.user))
    response = StreamingHttpResponse(_csv_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="my-answers.csv"'
    return response


@login_required
@sensitive_post_parameters()
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """Change one's password and stay signed in."""
    PASSWORD_CHANGES.count(str(request.user.pk))
    form = PasswordChangeForm(request.user, request.POST)
    if not form.is_valid():
        return _show(request, form=form, status=400)
    form.save()
    update_session_auth_hash(request, form.user)
    messages.success(request, _("Your password is changed."))
    return redirect("me")


@login_required
@require_POST
def delete_me(request: HttpRequest) -> HttpResponse:
    """Close one's own account, once its name was typed."""
    if request.POST.get("typed_name") != request.user.get_username():
        problem = _("Type your name exactly as it stands above; nothing was changed.")
        return _show(request, problem=problem, status=400)
    try:
        with transaction.atomic():
            forget_providers(request.user)
            delete_account(actor=request.user, user=request.user)
    except AccountRefused as error:
        return _show(request, problem=str(error), status=409)
    logout(request)
    messages.success(request, _("Your account is closed; thank you for listening."))
    return redirect("sign-in")


def _show(
    request: HttpRequest,
    *,
    form: PasswordChangeForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    if form is None and request.user.has_usable_password():
        form = PasswordChangeForm(request.user)
        form.fields["old_password"].widget.attrs.pop("autofocus", None)  # it would scroll there
    annotator = annotator_of_user(user=request.user)
    contributions = contributions_of(annotator)
    context = {
        "contributions": contributions,
        "bars": day_bars(contributions.by_day),
        "agreement": own_agreement(annotator=annotator, min_judged=FEWEST_TO_SHOW),
        "form": form,
        "problem": problem,
    }
    return render(request, "annotator/pages/me.html", context, status=status)


class _Line:
    """A file that gives back what is written, so that csv's writer makes one line at a time."""

    def write(self, text: str) -> str:
        return text


def _csv_lines(rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\r\n")
    yield writer.writerow(EXPORT_COLUMNS)
    for row in rows:
        yield writer.writerow(row)
