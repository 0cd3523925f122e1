"""Where curators and administrators say who is told what happens to a collection."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotator.accounts.roles import needs_role
from annotator.explore.access import get_collection
from annotator.explore.forms import first_problem
from annotator.webhooks.forms import WebhookForm
from annotator.webhooks.pages import event_choices, host_of, webhook_page
from datasets_app.people.models import User
from datasets_app.webhooks.models import Webhook, WebhookDelivery
from datasets_app.webhooks.selectors import list_webhooks
from datasets_app.webhooks.services import (
    WebhookRefused,
    change_webhook,
    delete_webhook,
    ping_webhook,
    redeliver,
    register_webhook,
    renew_secret,
    set_webhook_active,
)

STEERS = (User.Role.CURATOR, User.Role.ADMINISTRATOR)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs_role(*STEERS)
def webhooks(request: HttpRequest, name: str) -> HttpResponse:
    """List a collection's webhooks; register one and show its secret, this once."""
    collection = get_collection(name, request.user)
    shown = {"collection": collection, "choices": event_choices(())}
    status = 200
    if request.method == "POST":
        form = WebhookForm(request.POST)
        shown |= {"address": request.POST.get("address", "")}
        shown |= {"choices": event_choices(request.POST.getlist("events"))}
        try:
            if not form.is_valid():
                raise WebhookRefused(first_problem(form))
            made, secret = register_webhook(
                collection=collection, actor=request.user, **form.cleaned_data
            )
        except WebhookRefused as error:
            shown["problem"], status = str(error), 400
        else:
            return _show(request, made, secret=secret)
    shown["hooks"] = list_webhooks(collection=collection)
    return render(request, "annotator/pages/webhooks.html", shown, status=status)


@login_required
@never_cache
@require_safe
@needs_role(*STEERS)
def webhook(request: HttpRequest, name: str, hook: UUID) -> HttpResponse:
    """Show one webhook and its log."""
    return _show(request, _get_hook(request, name, hook))


@login_required
@require_POST
@needs_role(*STEERS)
def change(request: HttpRequest, name: str, hook: UUID) -> HttpResponse:
    """Give a webhook another address or other events."""
    found = _get_hook(request, name, hook)
    form = WebhookForm(request.POST)
    try:
        if not form.is_valid():
            raise WebhookRefused(first_problem(form))
        change_webhook(webhook=found, actor=request.user, **form.cleaned_data)
    except WebhookRefused as error:
        return _show(request, found, problem=str(error), status=400)
    messages.success(request, _("The webhook was changed."))
    return redirect("webhook", name, hook)


@login_required
@require_POST
@needs_role(*STEERS)
def set_active(request: HttpRequest, name: str, hook: UUID) -> HttpResponse:
    """Pause a webhook or switch it on."""
    is_active = request.POST.get("is_active") == "1"
    found = _get_hook(request, name, hook)
    set_webhook_active(webhook=found, is_active=is_active, actor=request.user)
    return redirect("webhook", name, hook)


@login_required
@require_POST
@needs_role(*STEERS)
def secret(request: HttpRequest, name: str, hook: UUID) -> HttpResponse:
    """Make another secret and show it, this once."""
    found = _get_hook(request, name, hook)
    return _show(request, found, secret=renew_secret(webhook=found, actor=request.user))


@login_required
@require_POST
@needs_role(*STEERS)
def ping(request: HttpRequest, name: str, hook: UUID) -> HttpResponse:
    """Send a test."""
    found = _get_hook(request, name, hook)
    try:
        ping_webhook(webhook=found, actor=request.user)
    except WebhookRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("A test is on its way; it stands in the log below."))
    return redirect("webhook", name, hook)


@login_required
@require_POST
@needs_role(*STEERS)
def send_again(request: HttpRequest, name: str, hook: UUID, delivery: UUID) -> HttpResponse:
    """Send a delivery once more."""
    rows = WebhookDelivery.objects.filter(webhook=_get_hook(request, name, hook))
    try:
        redeliver(delivery=get_object_or_404(rows, uuid=delivery), actor=request.user)
    except WebhookRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is sent again."))
    return redirect("webhook", name, hook)


@login_required
@require_POST
@needs_role(*STEERS)
def delete(request: HttpRequest, name: str, hook: UUID) -> HttpResponse:
    """Delete a webhook, once its host was typed."""
    found = _get_hook(request, name, hook)
    host = host_of(found)
    if request.POST.get("host", "").strip().lower() != host:
        problem = _("To delete this webhook, type its host: %(host)s.") % {"host": host}
        return _show(request, found, problem=problem, status=400)
    delete_webhook(webhook=found, actor=request.user)
    messages.success(request, _("The webhook was deleted."))
    return redirect("webhooks", name)


def _get_hook(request: HttpRequest, name: str, hook: UUID) -> Webhook:
    collection = get_collection(name, request.user)
    return get_object_or_404(collection.webhooks.select_related("collection"), uuid=hook)


def _show(
    request: HttpRequest, hook: Webhook, *, problem: str = "", secret: str = "", status: int = 200
) -> HttpResponse:
    hook = Webhook.objects.select_related("collection").get(pk=hook.pk)
    page = webhook_page(hook, request.GET)
    shown = {"page": page, "collection": hook.collection, "problem": problem, "secret": secret}
    return render(request, "annotator/pages/webhook.html", shown, status=status)
