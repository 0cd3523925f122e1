"""Challenges as participants see them: listed, entered, followed."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotator.challenges.challenge_page import (
    challenge_page,
    example_of,
    get_challenge,
    own_page,
)
from annotator.challenges.format_words import said
from annotator.challenges.forms import ChoiceForm, SubmitForm
from annotator.explore.access import get_collection
from annotator.explore.byte_ranges import file_response
from annotator.explore.forms import first_problem
from datasets_app.challenges.eval_truth import expected_of
from datasets_app.challenges.models import Challenge, Metric
from datasets_app.challenges.opening import is_challenge_open
from datasets_app.challenges.package import package_path
from datasets_app.challenges.package_texts import example_lines
from datasets_app.challenges.selectors import challenges_of, participation_of
from datasets_app.challenges.submitting import (
    SubmissionRefused,
    choose_submissions,
    left_today,
    submit_predictions,
)
from datasets_app.domain.challenges.format_problems import SubmissionMalformed
from datasets_app.domain.errors import RuleError

PER_PAGE = 20


@login_required
@never_cache
@require_safe
def challenges(request: HttpRequest, name: str) -> HttpResponse:
    """List a collection's challenges, the newest first."""
    collection = get_collection(name, request.user)
    pages = Paginator(challenges_of(collection), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(one, is_challenge_open(one)) for one in pages.object_list]
    shown = {"collection": collection, "rows": rows, "pages": pages}
    return render(request, "annotator/pages/challenges.html", shown)


@login_required
@never_cache
@require_safe
def challenge(request: HttpRequest, name: str, challenge: UUID) -> HttpResponse:
    """Show one challenge with its leaderboard."""
    found = get_challenge(name, challenge, request.user)
    page = challenge_page(found, request.user, number=request.GET.get("page"), now=timezone.now())
    shown = {"page": page, "collection": found.release.collection, "challenge": found}
    return render(request, "annotator/pages/challenge.html", shown)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def submit(request: HttpRequest, name: str, challenge: UUID) -> HttpResponse:
    """Take a file of predictions in, or say line by line what is wrong with it."""
    found = get_challenge(name, challenge, request.user)
    if request.method != "POST":
        return _submit_page(request, found)
    form = SubmitForm(request.POST, request.FILES)
    if not form.is_valid():
        return _submit_page(request, found, problem=first_problem(form))
    try:
        sent = submit_predictions(
            challenge=found,
            user=request.user,
            handle=form.cleaned_data["predictions"].file,
            team=form.cleaned_data["team"],
            note=form.cleaned_data["note"],
        )
    except SubmissionMalformed as error:
        return _submit_page(request, found, malformed=error)
    except (SubmissionRefused, RuleError) as error:
        return _submit_page(request, found, problem=str(error))
    told = _(
        "Submission %(n)d was scored: %(metric)s %(score).4f in public, %(low).4f to %(high).4f."
    )
    messages.success(
        request,
        told
        % {
            "n": sent.number,
            "metric": Metric(found.metric).label,
            "score": sent.public_score,
            "low": sent.public_low,
            "high": sent.public_high,
        },
    )
    return redirect("challenge-submissions", name, challenge)


@login_required
@never_cache
@require_safe
def submissions(request: HttpRequest, name: str, challenge: UUID) -> HttpResponse:
    """Show one's own submissions, and which of them count."""
    found, now = get_challenge(name, challenge, request.user), timezone.now()
    mine = participation_of(found, request.user)
    shown = {
        "collection": found.release.collection,
        "challenge": found,
        "mine": mine,
        "is_open": is_challenge_open(found, now=now),
        "n_left": left_today(mine, found, now),
    }
    if mine is not None:
        shown["rows"], shown["ticks"], shown["pages"] = own_page(
            found, mine, number=request.GET.get("page"), now=now
        )
    return render(request, "annotator/pages/challenge_submissions.html", shown)


@login_required
@require_POST
def choose(request: HttpRequest, name: str, challenge: UUID) -> HttpResponse:
    """Let one of one's own submissions count, or no longer."""
    found = get_challenge(name, challenge, request.user)
    mine, form = participation_of(found, request.user), ChoiceForm(request.POST)
    if mine is None:
        raise Http404
    if not form.is_valid():
        messages.error(request, first_problem(form))
        return redirect("challenge-submissions", name, challenge)
    wanted = set(mine.submissions.filter(is_chosen=True).values_list("uuid", flat=True))
    one = {form.cleaned_data["submission"]}
    try:
        chosen = wanted | one if form.cleaned_data["is_chosen"] else wanted - one
        choose_submissions(participation=mine, chosen=chosen)
    except SubmissionRefused as error:
        messages.error(request, str(error))
    return redirect("challenge-submissions", name, challenge)


@login_required
@require_safe
def package(request: HttpRequest, name: str, challenge: UUID) -> HttpResponseBase:
    """Send the participants' package, whole or the range asked for."""
    found = get_challenge(name, challenge, request.user)
    path = package_path(found)
    if not found.package_sha256 or not path.is_file():
        raise Http404
    response = file_response(
        request, path, "application/zip", etag=f'"{found.package_sha256[:32]}"'
    )
    response["Content-Disposition"] = 'attachment; filename="challenge.zip"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_safe
def example(request: HttpRequest, name: str, challenge: UUID) -> StreamingHttpResponse:
    """Send a submission in the right form, every score 0."""
    found = get_challenge(name, challenge, request.user)
    lines = example_lines(expected_of(found))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="example_submission.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _submit_page(
    request: HttpRequest,
    challenge: Challenge,
    *,
    problem: str = "",
    malformed: SubmissionMalformed | None = None,
) -> HttpResponse:
    now = timezone.now()
    mine = participation_of(challenge, request.user)
    shown = {
        "collection": challenge.release.collection,
        "challenge": challenge,
        "mine": mine,
        "team": request.POST.get("team", mine.team if mine else ""),
        "note": request.POST.get("note", ""),
        "is_open": is_challenge_open(challenge, now=now),
        "n_left": left_today(mine, challenge, now),
        "example": example_of(challenge),
        "problem": problem,
        "report": [said(found) for found in malformed.found] if malformed else [],
        "is_cut": malformed is not None and malformed.is_cut,
    }
    status = 400 if problem or malformed else 200
    return render(request, "annotator/pages/challenge_submit.html", shown, status=status)
