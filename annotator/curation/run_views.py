"""Runs: listed, looked at, compared, started, stopped."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.roles import needs_role
from annotator.curation.comparison_page import comparison_page
from annotator.curation.run_forms import START_FORMS, QueueOrderForm
from annotator.curation.run_page import get_run, run_page
from annotator.curation.runs_page import runs_page
from annotator.explore.access import get_collection, onlooker
from annotator.explore.forms import first_problem
from datasets_app.clips.models import QueueOrder
from datasets_app.jobs.control import cancel_job, retry_job
from datasets_app.jobs.dispatch import BrokerSilent
from datasets_app.jobs.evaluation_result import REPORT_FILE
from datasets_app.jobs.models import Job
from datasets_app.jobs.queue_order import set_queue_order
from datasets_app.jobs.result_files import MOST_REPORT_BYTES, ResultUnreadable, result_path
from datasets_app.people.models import User

SANDBOX = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
SANDBOX += "style-src 'unsafe-inline'; img-src data:; media-src data:; font-src data:; "
SANDBOX += "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""A report is a worker's own page: it may run its script, alone, without the site's cookies."""


@login_required
@never_cache
@require_safe
@needs_role(User.Role.CURATOR)
def run_list(request: HttpRequest, name: str) -> HttpResponse:
    """Show all runs of a collection and the forms that start new ones."""
    shown = {
        "page": runs_page(get_collection(name, request.user), request.GET),
        "person": onlooker(request.user),
    }
    return render(request, "annotator/pages/runs.html", shown)


@login_required
@never_cache
@require_safe
@needs_role(User.Role.CURATOR)
def run(request: HttpRequest, name: str, run: UUID) -> HttpResponse:
    """Show one run."""
    from annotator.curation.run_figures import run_figures  # plotly loads slowly

    page = run_page(_get_job(request, name, run))
    evaluation = page.measures.evaluation if page.measures else None
    shown = {
        "page": page,
        "collection": page.job.collection,
        "figures": run_figures(page.curves, evaluation),
        "person": onlooker(request.user),
    }
    return render(request, "annotator/pages/run.html", shown)


@login_required
@never_cache
@require_safe
@needs_role(User.Role.CURATOR)
def run_now(request: HttpRequest, name: str, run: UUID) -> HttpResponse:
    """Say how far a run is; once it has ended, have the page loaded anew."""
    from annotator.curation.run_figures import run_figures  # plotly loads slowly

    job = _get_job(request, name, run)
    page = run_page(job)
    if not page.row.is_open:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    shown = {
        "page": page,
        "collection": job.collection,
        "figures": run_figures(page.curves, None),
    }
    return render(request, "annotator/partials/run_now.html", shown)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def run_start(request: HttpRequest, name: str, what: str) -> HttpResponse:
    """Start a job and go to its page."""
    collection = get_collection(name, request.user)
    if what not in START_FORMS:
        raise Http404
    form = START_FORMS[what](collection, request.POST)
    if not form.is_valid():
        messages.error(request, first_problem(form))
        return redirect("runs", name)
    try:
        job = form.start(request.user)
    except BrokerSilent as error:
        messages.warning(request, str(error))
        return redirect("runs", name)
    except (ValueError, OSError) as error:
        messages.error(request, str(error))
        return redirect("runs", name)
    return redirect("run", name, job.uuid)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def run_cancel(request: HttpRequest, name: str, run: UUID) -> HttpResponse:
    """Ask for the end of a job."""
    job = _get_job(request, name, run)
    try:
        cancel_job(job=job, actor=request.user)
    except (ValueError, OSError) as error:
        messages.error(request, str(error))
    else:
        if job.state != "cancelled":
            messages.info(request, _("Its worker ends it within seconds."))
    return redirect("run", name, run)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def run_retry(request: HttpRequest, name: str, run: UUID) -> HttpResponse:
    """Send a job again, from where it was or from the start."""
    job = _get_job(request, name, run)
    from_start = request.POST.get("from_start") == "1"
    try:
        retry_job(job=job, actor=request.user, from_start=from_start)
    except (ValueError, OSError) as error:
        messages.error(request, str(error))
    return redirect("run", name, run)


@login_required
@never_cache
@require_safe
@needs_role(User.Role.CURATOR)
def run_report(request: HttpRequest, name: str, run: UUID) -> HttpResponseBase:
    """Serve the report that an evaluation left, shut off from the site; ``?save=1`` to keep it."""
    job = _get_job(request, name, run)
    try:
        path = result_path(job, REPORT_FILE, most_bytes=MOST_REPORT_BYTES)
    except ResultUnreadable as error:
        raise Http404(str(error)) from error
    is_kept = request.GET.get("save") == "1"
    response = FileResponse(
        path.open("rb"),
        as_attachment=is_kept,
        filename=f"{job.recipe or 'run'}-{str(job.uuid)[:8]}.html",
        content_type="text/html; charset=utf-8",
    )
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@login_required
@never_cache
@require_safe
@needs_role(User.Role.CURATOR)
def run_comparison(request: HttpRequest, name: str) -> HttpResponse:
    """Set runs of one release side by side."""
    from annotator.curation.run_figures import comparison_figure  # plotly loads slowly

    page = comparison_page(get_collection(name, request.user), request.GET.getlist("run"))
    figure = comparison_figure(page.named_maps()) if page.runs else None
    shown = {"page": page, "figure": figure, "person": onlooker(request.user)}
    return render(request, "annotator/pages/run_comparison.html", shown)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def queue_order(request: HttpRequest, name: str) -> HttpResponse:
    """Choose which open nominations people meet first."""
    collection = get_collection(name, request.user)
    form = QueueOrderForm(request.POST)
    if not form.is_valid():
        messages.error(request, first_problem(form))
        return redirect("runs", name)
    order = QueueOrder(form.cleaned_data["order"])
    try:
        n_changed = set_queue_order(collection=collection, order=order, actor=request.user)
    except ValueError as error:
        messages.error(request, str(error))
    else:
        told = _("The queue asks first for %(what)s: %(n)d places changed.")
        messages.success(request, told % {"what": order.label, "n": n_changed})
    return redirect("runs", name)


def _get_job(request: HttpRequest, name: str, uuid: UUID) -> Job:
    """Return a collection's job as it is on record; whoever follows jobs keeps that up to date."""
    job = get_run(get_collection(name, request.user), uuid)
    if job is None:
        raise Http404
    return job
