"""The page one lands on."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotator.accounts.home import home_page


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the classes that need this person and, to curators, the collections they steer."""
    return render(request, "annotator/pages/home.html", {"page": home_page(request.user)})
