"""The board."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from annotator.accounts.roles import needs_role
from annotator.curation.board import BoardQuery, board_page
from annotator.explore.access import get_collection, onlooker
from datasets_app.people.models import User


@login_required
@never_cache
@require_safe
@needs_role(User.Role.CURATOR)
def board(request: HttpRequest, name: str) -> HttpResponse:
    """Show how fast a collection goes, how far it is, how good, and who is at it."""
    from annotator.curation import board_figures as figures  # plotly loads slowly

    found = get_collection(name, request.user)
    page = board_page(found, BoardQuery.read(request.GET))
    shown = page.classes.object_list
    drawn = {
        "answers": figures.answers_figure(page.days),
        "goals": figures.goals_figure(shown),
        "agreement": figures.agreement_figure(shown),
        "bad": figures.bad_mapping_figure(shown),
    }
    shown_to = {"person": onlooker(request.user)}
    return render(
        request, "annotator/pages/board.html", {"board": page, "figures": drawn, **shown_to}
    )
