"""Webhooks: registered, changed, paused, tested, taken away; and a delivery sent once more."""

import json
from collections.abc import Iterable
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.domain.webhooks.happenings import NAMES, PING
from datasets_app.outgoing.fetching import Caller, CallFailed, check_address
from datasets_app.people.models import User
from datasets_app.webhooks.models import LONGEST_ADDRESS, Webhook, WebhookDelivery
from datasets_app.webhooks.secrets import make_secret

MOST_WEBHOOKS = 20
MOST_PINGS_WAITING = 3
State = Webhook.State


class WebhookRefused(ValueError):
    """The webhook may not be made, changed or tested like this; the message says why."""


def register_webhook(
    *,
    collection: Collection,
    address: str,
    events: Iterable[str],
    actor: User | None,
    caller: Caller | None = None,
) -> tuple[Webhook, str]:
    """Let an address be told of some events of a collection; return the webhook and its secret.

    The secret is returned this once.

    Raises
    ------
    WebhookRefused
        The address may not be called or does not resolve, an event is unknown, none is chosen, or
        the collection has ``MOST_WEBHOOKS`` already.
    """
    chosen = _checked_events(events)
    _check_address(address, caller)  # asks the name service: not inside a transaction
    nonce, secret, secret_sha256 = make_secret()
    with transaction.atomic():
        Collection.objects.select_for_update(no_key=True).get(pk=collection.pk)
        if collection.webhooks.count() >= MOST_WEBHOOKS:
            raise WebhookRefused(
                _("A collection has at most %(n)d webhooks; delete one first.")
                % {"n": MOST_WEBHOOKS}
            )
        made = Webhook.objects.create(
            collection=collection,
            address=address,
            events=chosen,
            nonce=nonce,
            secret_sha256=secret_sha256,
            created_by=actor,
        )
        after = {"address": address, "events": chosen, "collection": collection.name}
        record_event(actor=actor, verb="register_webhook", record=made, after=after)
    return made, secret


def change_webhook(
    *,
    webhook: Webhook,
    address: str,
    events: Iterable[str],
    actor: User | None,
    caller: Caller | None = None,
) -> None:
    """Give a webhook another address or other events; what waits goes to the new address.

    Raises
    ------
    WebhookRefused
        As ``register_webhook``.
    """
    chosen = _checked_events(events)
    if address != webhook.address:
        _check_address(address, caller)
    with transaction.atomic():
        held = _hold(webhook)
        before = {"address": held.address, "events": held.events}
        after = {"address": address, "events": chosen}
        if before != after:
            Webhook.objects.filter(pk=held.pk).update(**after)
            record_event(
                actor=actor, verb="change_webhook", record=held, before=before, after=after
            )


@transaction.atomic
def set_webhook_active(*, webhook: Webhook, is_active: bool, actor: User | None) -> None:
    """Pause a webhook, or switch it on again; what waited then starts anew."""
    held = _hold(webhook)
    state = State.ACTIVE if is_active else State.PAUSED
    if held.state == state:
        return
    Webhook.objects.filter(pk=held.pk).update(
        state=state, off_reason="", failing_since=None, n_failures=0
    )
    if is_active:
        now = timezone.now()
        waiting = held.deliveries.filter(state=WebhookDelivery.State.WAITING)
        waiting.update(begun_at=now, next_at=now, n_attempts=0)
    record_event(
        actor=actor,
        verb="activate_webhook" if is_active else "pause_webhook",
        record=held,
        before={"state": held.state},
        after={"state": state.value},
    )


@transaction.atomic
def renew_secret(*, webhook: Webhook, actor: User | None) -> str:
    """Give a webhook another secret, which signs from now on, and return it, this once."""
    held = _hold(webhook)
    nonce, secret, secret_sha256 = make_secret()
    Webhook.objects.filter(pk=held.pk).update(nonce=nonce, secret_sha256=secret_sha256)
    record_event(actor=actor, verb="renew_webhook_secret", record=held)
    return secret


@transaction.atomic
def delete_webhook(*, webhook: Webhook, actor: User | None) -> None:
    """Take a webhook away with its log; the audit trail keeps that it was there."""
    held = _hold(webhook)
    before = {"address": held.address, "events": held.events}
    record_event(actor=actor, verb="delete_webhook", record=held, before=before)
    held.delete()


@transaction.atomic
def ping_webhook(*, webhook: Webhook, actor: User | None) -> WebhookDelivery:
    """Send a test: one attempt, also where the webhook is paused.

    Raises
    ------
    WebhookRefused
        ``MOST_PINGS_WAITING`` tests wait already.
    """
    held = _hold(webhook)
    waiting = held.deliveries.filter(event=None, state=WebhookDelivery.State.WAITING)
    if waiting.count() >= MOST_PINGS_WAITING:
        raise WebhookRefused(
            _("%(n)d tests wait already; is `deliver_webhooks` running?")
            % {"n": MOST_PINGS_WAITING}
        )
    now = timezone.now()
    body = {"id": f"ping-{uuid4()}", "event": PING, "at": now.isoformat()}
    body |= {"collection": {"name": held.collection.name, "uuid": str(held.collection.uuid)}}
    record_event(actor=actor, verb="ping_webhook", record=held)
    return WebhookDelivery.objects.create(
        webhook=held, name=PING, body=json.dumps(body), begun_at=now, next_at=now
    )


@transaction.atomic
def redeliver(*, delivery: WebhookDelivery, actor: User | None) -> None:
    """Send a delivery again, from its first attempt on; its event keeps its id.

    Raises
    ------
    WebhookRefused
        It is on its way already.
    """
    held = WebhookDelivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    if held.state == WebhookDelivery.State.WAITING:
        raise WebhookRefused(_("This delivery is still tried; wait for its next attempt."))
    now = timezone.now()
    WebhookDelivery.objects.filter(pk=held.pk).update(
        state=WebhookDelivery.State.WAITING,
        n_attempts=0,
        begun_at=now,
        next_at=now,
        ended_at=None,
        problem="",
        lease=None,
        leased_until=None,
    )
    record_event(
        actor=actor, verb="redeliver_webhook", record=held, before={"state": str(held.state)}
    )


def _hold(webhook: Webhook) -> Webhook:
    rows = Webhook.objects.select_related("collection").select_for_update(of=("self",))
    return rows.get(pk=webhook.pk)


def _checked_events(events: Iterable[str]) -> list[str]:
    asked = set(events)
    if unknown := sorted(asked - set(NAMES)):
        raise WebhookRefused(
            _("%(name)s is no event; there are: %(names)s.")
            % {"name": unknown[0][:80], "names": ", ".join(NAMES)}
        )
    if not asked:
        raise WebhookRefused(_("Choose at least one event."))
    return [name for name in NAMES if name in asked]


def _check_address(address: str, caller: Caller | None) -> None:
    if len(address) > LONGEST_ADDRESS:
        raise WebhookRefused(
            _("The address has more than %(n)d characters.") % {"n": LONGEST_ADDRESS}
        )
    try:
        check_address(address, caller=caller)
    except CallFailed as error:
        raise WebhookRefused(f"{error}.") from error
    except ValueError as error:
        raise WebhookRefused(str(error)) from error
