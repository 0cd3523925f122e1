"""Challenges as curators keep them: opened, moved, ended, judged."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from annotator.accounts.roles import needs_role
from annotator.challenges.challenge_page import get_challenge
from annotator.challenges.forms import DeadlineForm, JudgeForm, OpenForm
from annotator.explore.access import get_collection
from annotator.explore.forms import first_problem
from datasets_app.challenges.judging import disqualify_team, readmit_team
from datasets_app.challenges.models import Metric
from datasets_app.challenges.opening import (
    ChallengeRefused,
    end_challenge,
    move_deadline,
    open_challenge,
)
from datasets_app.challenges.package import write_package
from datasets_app.clips.models import Collection
from datasets_app.people.models import User

MOST_PACKED_AT_ONCE = 200
"""Eval clips whose package is written while the page waits; more take a command."""


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs_role(User.Role.CURATOR)
def open_new(request: HttpRequest, name: str) -> HttpResponse:
    """Open a challenge; a small one's package is written at once."""
    collection = get_collection(name, request.user)
    if request.method != "POST":
        return _open_page(request, collection)
    form = OpenForm(request.POST, collection=collection)
    if not form.is_valid():
        return _open_page(request, collection, problem=first_problem(form))
    rules = dict(form.cleaned_data)
    try:
        opened = open_challenge(**rules | {"metric": Metric(rules["metric"])}, actor=request.user)
    except (ValueError, OSError) as error:
        return _open_page(request, collection, problem=str(error))
    if opened.clips.count() <= MOST_PACKED_AT_ONCE:
        try:
            write_package(challenge=opened, actor=request.user)
        except (ValueError, OSError) as error:
            messages.error(request, str(error))
    messages.success(request, _("%(title)s is open.") % {"title": opened.title})
    return redirect("challenge", name, opened.uuid)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def end(request: HttpRequest, name: str, challenge: UUID) -> HttpResponse:
    """End a challenge for good, its title typed."""
    found = get_challenge(name, challenge, request.user)
    if " ".join(request.POST.get("title", "").split()) != found.title:
        messages.error(request, _("Type the challenge’s title to end it; nothing was changed."))
        return redirect("challenge", name, challenge)
    try:
        end_challenge(challenge=found, actor=request.user)
    except ChallengeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The challenge has ended; the private scores are out."))
    return redirect("challenge", name, challenge)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def deadline(request: HttpRequest, name: str, challenge: UUID) -> HttpResponse:
    """Set another deadline."""
    found, form = get_challenge(name, challenge, request.user), DeadlineForm(request.POST)
    try:
        if not form.is_valid():
            raise ChallengeRefused(first_problem(form))
        move_deadline(challenge=found, closes_at=form.cleaned_data["closes_at"], actor=request.user)
    except ChallengeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The deadline was moved."))
    return redirect("challenge", name, challenge)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def judge(request: HttpRequest, name: str, challenge: UUID, team: UUID) -> HttpResponse:
    """Take a team out of the ranking with a reason, or let it back in."""
    found = get_challenge(name, challenge, request.user)
    participation = get_object_or_404(found.participations, uuid=team)
    form = JudgeForm(request.POST)
    try:
        if not form.is_valid():
            raise ChallengeRefused(first_problem(form))
        if form.cleaned_data["deed"] == "disqualify":
            reason = form.cleaned_data["reason"]
            disqualify_team(participation=participation, reason=reason, actor=request.user)
            told = _("%(team)s is disqualified.")
        else:
            readmit_team(participation=participation, actor=request.user)
            told = _("%(team)s is ranked again.")
    except ChallengeRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, told % {"team": participation.team})
    return redirect("challenge", name, challenge)


def _open_page(request: HttpRequest, collection: Collection, *, problem: str = "") -> HttpResponse:
    shown = {
        "collection": collection,
        "releases": collection.releases.order_by("-pk")[:50],
        "metrics": Metric.choices,
        "given": request.POST,
        "problem": problem,
    }
    status = 400 if problem else 200
    return render(request, "annotator/pages/challenge_open.html", shown, status=status)
