"""The reference of the API: what programs can ask for."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotator.reference.page import reference_groups


@login_not_required
@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    """Show every operation; says nothing of any record, so it is open to everybody."""
    shown = {
        "groups": reference_groups(),
        "site": request.build_absolute_uri("/api/v1"),
    }
    return render(request, "annotator/pages/api_reference.html", shown)
