"""The page one lands on, and what one prefers."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from annotator.accounts.home import home_page
from annotator.accounts.preferences import BadPreferences, read_preferences, save_preferences


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the classes that need this person and, to curators, the collections they steer."""
    return render(request, "annotator/pages/home.html", {"page": home_page(request.user)})


@login_required
@require_POST
def preferences(request: HttpRequest) -> JsonResponse:
    """Keep the preferences sent (JSON), or say why not; answers with all of them."""
    try:
        kept = save_preferences(user=request.user, wished=read_preferences(request.body))
    except BadPreferences as error:
        return JsonResponse({"error": str(error)}, status=HTTPStatus.BAD_REQUEST)
    return JsonResponse(kept.as_json)
