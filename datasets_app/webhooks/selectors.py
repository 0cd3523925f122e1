"""What the pages show of webhooks."""

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery

from datasets_app.clips.models import Collection
from datasets_app.webhooks.models import Webhook, WebhookAttempt, WebhookDelivery

DELIVERIES_AT_ONCE = 20
State = WebhookDelivery.State


def list_webhooks(*, collection: Collection) -> QuerySet[Webhook]:
    """Return a collection's webhooks with their last delivery and how many wait; one query."""
    last = WebhookDelivery.objects.filter(webhook=OuterRef("pk")).order_by("-pk")
    waiting = Count("deliveries", filter=Q(deliveries__state=State.WAITING))
    return collection.webhooks.annotate(
        last_state=Subquery(last.values("state")[:1]),
        last_at=Subquery(last.values("created_at")[:1]),
        n_waiting=waiting,
    ).order_by("pk")


def list_deliveries(
    *, webhook: Webhook, state: str = "", before: int | None = None
) -> tuple[list[WebhookDelivery], int | None]:
    """Return a page of the log, newest first, and where the next one begins, None at the end.

    ``state`` keeps deliveries of one state; ``before`` is what the page before returned. Two
    queries, whatever the length of the log.
    """
    rows = webhook.deliveries.order_by("-pk")
    if state:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    attempts = Prefetch("attempts", WebhookAttempt.objects.order_by("-pk"))
    found = list(rows.prefetch_related(attempts)[: DELIVERIES_AT_ONCE + 1])
    page = found[:DELIVERIES_AT_ONCE]
    return page, page[-1].pk if len(found) > DELIVERIES_AT_ONCE else None
