"""Campaigns: seen by those they are offered to, opened and closed by curators."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from annotator.accounts.roles import check_user_has_role, needs_role
from annotator.explore.access import MEMBERS, get_collection, onlooker
from annotator.explore.campaign_page import campaign_page
from annotator.explore.forms import CampaignForm
from datasets_app.clips.models import Collection
from datasets_app.nominations.campaign_models import Campaign
from datasets_app.nominations.campaigns import close_campaign, open_campaign
from datasets_app.people.models import User


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs_role(*MEMBERS)
def campaigns(request: HttpRequest, name: str) -> HttpResponse:
    """Show campaigns; a curator's POST opens one."""
    collection = get_collection(name, request.user)
    form = CampaignForm(collection=collection)
    if request.method == "POST":
        check_user_has_role(request.user, User.Role.CURATOR)
        form = CampaignForm(request.POST, collection=collection)
        if form.is_valid() and _opened(request, collection, form):
            return redirect("campaigns", name)
    person = onlooker(request.user)
    page = campaign_page(collection, person, form)
    shown = {"page": page, "form": form, "collection": collection, "person": person}
    status = 422 if form.errors else 200
    return render(request, "annotator/pages/campaigns.html", shown, status=status)


@login_required
@require_POST
@needs_role(User.Role.CURATOR)
def campaign_closed(request: HttpRequest, name: str, uuid: UUID) -> HttpResponse:
    """End a campaign before its last day."""
    found = get_object_or_404(Campaign, uuid=uuid, collection=get_collection(name, request.user))
    close_campaign(campaign=found, actor=request.user)
    return redirect("campaigns", name)


def _opened(request: HttpRequest, collection: Collection, form: CampaignForm) -> bool:
    asked = form.cleaned_data
    try:
        campaign = open_campaign(
            collection=collection,
            name=asked["name"],
            classes=asked["classes"],
            people=form.invited(),
            starts_on=asked["starts_on"],
            ends_on=asked["ends_on"],
            goal=asked["goal"],
            is_exclusive=asked["is_exclusive"],
            actor=request.user,
        )
    except ValueError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, _("%(name)s is open.") % {"name": campaign.name})
    return True
