"""What the pages of webhooks show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from annotator.webhooks.event_words import EVENT_WORDS
from annotator.webhooks.forms import LogForm
from datasets_app.domain.webhooks.happenings import NAMES
from datasets_app.webhooks.models import Webhook, WebhookDelivery
from datasets_app.webhooks.selectors import list_deliveries


@dataclass(frozen=True, slots=True)
class EventChoice:
    """An event that can be chosen, in words, and whether it is."""

    name: str
    words: Any
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery of the log and its event in words."""

    delivery: WebhookDelivery
    words: Any


@dataclass(frozen=True, slots=True)
class WebhookPage:
    """One webhook and a page of its log."""

    hook: Webhook
    host: str
    choices: list[EventChoice]
    rows: list[DeliveryRow]
    next_before: int | None
    state: str
    is_first: bool

    @property
    def is_on_its_way(self) -> bool:
        """Whether the newest delivery waits for its first attempt: the page then looks again."""
        newest = self.rows[0].delivery if self.rows and self.is_first else None
        return newest is not None and newest.state == "waiting" and not newest.n_attempts


def event_choices(chosen: Sequence[str]) -> list[EventChoice]:
    """Return every event that can be chosen."""
    return [EventChoice(name, EVENT_WORDS[name], name in chosen) for name in NAMES]


def host_of(hook: Webhook) -> str:
    """Return the host of a webhook's address: what is typed to delete it."""
    return urlsplit(hook.address).hostname or hook.address


def webhook_page(hook: Webhook, asked: Any) -> WebhookPage:
    """Gather the page of one webhook; what is wrong in the address is left out."""
    form = LogForm(asked)
    form.is_valid()
    state = form.cleaned_data.get("state") or ""
    before = form.cleaned_data.get("before")
    found, next_before = list_deliveries(webhook=hook, state=state, before=before)
    return WebhookPage(
        hook=hook,
        host=host_of(hook),
        choices=event_choices(hook.events),
        rows=[DeliveryRow(delivery, EVENT_WORDS.get(delivery.name, "")) for delivery in found],
        next_before=next_before,
        state=state,
        is_first=before is None,
    )
