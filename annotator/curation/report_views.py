"""Reported clips: heard, kept or withdrawn, and that undone."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.roles import needs_role
from annotator.explore.access import get_collection, onlooker
from datasets_app.domain.errors import RuleError
from datasets_app.people.models import User
from datasets_app.votes.models import ClipReport
from datasets_app.votes.report_undo import reopen_report
from datasets_app.votes.reports import resolve_report

PER_PAGE = 20
DEEDS = ("keep", "withdraw", "reopen")


@login_required
@never_cache
@require_safe
@needs_role(User.Role.CURATOR)
def reports(request: HttpRequest, name: str) -> HttpResponse:
    """Show what people reported, the open reports first."""
    collection = get_collection(name, request.user)
    outcome = request.GET.get("outcome", "")
    if outcome not in ClipReport.Outcome.values:
        outcome = ClipReport.Outcome.OPEN.value
    of_collection = ClipReport.objects.filter(clip__collection=collection)
    counts = dict(
        of_collection.order_by()
        .values("outcome")
        .annotate(n=Count("pk"))
        .values_list("outcome", "n")
    )
    rows = of_collection.filter(outcome=outcome).select_related(
        "clip__uploader", "annotator", "nomination__sound_class", "resolved_by"
    )
    order = "reported_at" if outcome == ClipReport.Outcome.OPEN else "-resolved_at"
    shown = {
        "person": onlooker(request.user),
        "collection": collection,
        "outcome": outcome,
        "outcomes": [(o.value, counts.get(o.value, 0)) for o in ClipReport.Outcome],
        "reports": Paginator(rows.order_by(order, "pk"), PER_PAGE).get_page(
            request.GET.get("page")
        ),
    }
    return render(request, "annotator/pages/reports.html", shown)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def resolve(request: HttpRequest, name: str, report: int) -> HttpResponse:
    """Keep or withdraw a reported clip, or open its report again."""
    found = get_object_or_404(
        ClipReport.objects.select_related("clip__collection"),
        pk=report,
        clip__collection=get_collection(name, request.user),
    )
    deed = request.POST.get("deed")
    back = reverse("reported-clips", args=[name])
    try:
        _do(deed, found, request.user)
    except RuleError as error:
        messages.error(request, str(error))
        return redirect(back)
    told = {
        "keep": _("%(clip)s stays."),
        "withdraw": _("%(clip)s is withdrawn and shown to nobody."),
        "reopen": _("The report of %(clip)s is open again."),
    }[deed]
    messages.success(request, told % {"clip": found.clip}, extra_tags=f"{deed}:{found.pk}")
    return redirect(back)


def _do(deed: str | None, report: ClipReport, actor: User) -> None:
    if deed not in DEEDS:
        raise RuleError(
            _("Received %(given)s; choose one of %(known)s.")
            % {"given": repr(str(deed)[:40]), "known": ", ".join(DEEDS)}
        )
    if deed == "reopen":
        reopen_report(report=report, actor=actor)
    else:
        resolve_report(report=report, is_withdrawn=deed == "withdraw", actor=actor)
