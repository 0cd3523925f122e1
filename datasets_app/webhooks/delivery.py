"""Sends what waits: signed, at least once, again after a pause, until it arrives or is given up.

A deliverer takes a lease on a delivery, sends it outside any transaction, and writes what came of
it. One that dies in between leaves the lease, which runs out; another then sends it again. So a
receiver may get an event twice, never not at all while it is tried, and knows it by its id.
"""

import random
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from datasets_app.audit.services import record_event
from datasets_app.domain.webhooks.retries import (
    GIVE_UP_AFTER_S,
    is_given_up,
    is_switched_off,
    pause_s,
)
from datasets_app.domain.webhooks.signature import sign
from datasets_app.outgoing.fetching import AddressRefused, Caller, CallFailed, Limits, fetch
from datasets_app.webhooks.models import (
    LONGEST_PROBLEM,
    LONGEST_SNIPPET,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
)
from datasets_app.webhooks.secrets import SecretLost, secret_of

AT_ONCE = 8
LEASE_S = 60.0
KEPT_DAYS = 30
LIMITS = Limits(connect_s=5, each_s=10, total_s=15, most_bytes=2048, is_cut=True)
State = WebhookDelivery.State
_UNSEEN = re.compile(r"[^\S ]+|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt; ``problem`` is empty when the receiver said yes (2xx)."""

    at: datetime
    took_s: float
    status: int | None = None
    problem: str = ""
    snippet: str = ""


def deliver_due(*, caller: Caller | None = None, now: datetime | None = None) -> int:
    """Send what is due, at most one for each webhook and ``AT_ONCE`` in all; return how many.

    A slow receiver keeps the others of the batch waiting for at most the limits' total time.
    """
    claimed = claim_due(now=now or timezone.now())
    if claimed:
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            outcomes = list(pool.map(_sender(caller), claimed, map(_secret, claimed)))
        for delivery, outcome in zip(claimed, outcomes, strict=True):
            record_outcome(delivery=delivery, outcome=outcome)
    return len(claimed)


def claim_due(*, now: datetime) -> list[WebhookDelivery]:
    """Take leases on the first delivery due of each webhook; nobody else sends them meanwhile.

    An attempt counts when it begins, so that one which kills its deliverer is counted too.
    """
    lease = uuid4()
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    for pk in _first_due(free, now):
        WebhookDelivery.objects.filter(free, pk=pk, state=State.WAITING).update(
            lease=lease,
            leased_until=now + timedelta(seconds=LEASE_S),
            n_attempts=F("n_attempts") + 1,
        )
    mine = WebhookDelivery.objects.filter(lease=lease, state=State.WAITING)
    return list(mine.select_related("webhook").order_by("pk"))


def _first_due(free: Q, now: datetime) -> QuerySet[Webhook]:
    due = WebhookDelivery.objects.filter(
        free, Q(webhook__state=Webhook.State.ACTIVE) | Q(event=None), webhook=OuterRef("pk")
    ).filter(state=State.WAITING, next_at__lte=now)
    first = Subquery(due.order_by("next_at", "pk").values("pk")[:1])
    hooks = Webhook.objects.annotate(first=first).filter(first__isnull=False).order_by("?")
    return hooks.values_list("first", flat=True)[:AT_ONCE]


def _secret(delivery: WebhookDelivery) -> str | SecretLost:
    try:
        return secret_of(delivery.webhook)
    except SecretLost as lost:
        return lost


def _sender(caller: Caller | None) -> Callable[[WebhookDelivery, str | SecretLost], Outcome]:
    """Return what sends one delivery; it runs in a thread and never touches the database."""
    calling = caller or Caller(limits=LIMITS)

    def send(delivery: WebhookDelivery, secret: str | SecretLost) -> Outcome:
        at, began = timezone.now(), time.monotonic()
        if isinstance(secret, SecretLost):
            return Outcome(at, 0.0, problem=str(secret))
        body = delivery.body.encode()
        headers = signed_headers(delivery=delivery, secret=secret, at=at)
        try:
            answer = fetch(
                delivery.webhook.address, method="POST", headers=headers, body=body, caller=calling
            )
        except (AddressRefused, CallFailed) as error:
            return Outcome(at, time.monotonic() - began, problem=inert(str(error), LONGEST_PROBLEM))
        took_s = time.monotonic() - began
        snippet = inert(answer.body.decode("utf-8", "replace"), LONGEST_SNIPPET)
        problem = "" if answer.is_ok else f"The receiver answered {answer.status}, not 2xx."
        return Outcome(at, took_s, answer.status, problem, snippet)

    return send


def signed_headers(*, delivery: WebhookDelivery, secret: str, at: datetime) -> dict[str, str]:
    """Return the headers of a delivery sent at that time; see ``docs/webhooks.md``."""
    timestamp_s = int(at.timestamp())
    return {
        "Content-Type": "application/json",
        "Harken-Event": delivery.name,
        "Harken-Delivery": str(delivery.uuid),
        "Harken-Timestamp": str(timestamp_s),
        "Harken-Signature": sign(
            secret=secret, timestamp_s=timestamp_s, body=delivery.body.encode()
        ),
    }


@transaction.atomic
def record_outcome(*, delivery: WebhookDelivery, outcome: Outcome) -> bool:
    """Write what came of an attempt; False when the lease was lost to somebody else."""
    held = WebhookDelivery.objects.select_for_update(of=("self",)).filter(
        pk=delivery.pk, lease=delivery.lease, state=State.WAITING
    )
    found = held.first()
    if found is None:
        return False
    hook = Webhook.objects.select_for_update(of=("self",)).get(pk=found.webhook_id)
    WebhookAttempt.objects.create(
        delivery=found,
        at=outcome.at,
        took_s=outcome.took_s,
        status=outcome.status,
        problem=outcome.problem,
        snippet=outcome.snippet,
    )
    found.lease = found.leased_until = None
    found.problem = outcome.problem
    if not outcome.problem:
        found.state, found.ended_at = State.DELIVERED, timezone.now()
    elif found.event_id is None:
        found.state, found.ended_at = State.DEAD, timezone.now()
    else:
        _wait_or_give_up(found)
    found.save()
    if found.event_id is not None:
        _count_on_webhook(hook, outcome)
    return True


def _wait_or_give_up(delivery: WebhookDelivery) -> None:
    now = timezone.now()
    waited_s = (now - delivery.begun_at).total_seconds()
    if is_given_up(n_attempts=delivery.n_attempts, waited_s=waited_s):
        delivery.state, delivery.ended_at = State.DEAD, now
        told = f"Given up after {delivery.n_attempts} attempts. {delivery.problem}"
        delivery.problem = told[:LONGEST_PROBLEM]
    else:
        jitter = random.random()  # noqa: S311 - spreads attempts in time, decides nothing  # nosec B311
        delivery.next_at = now + timedelta(seconds=pause_s(delivery.n_attempts, jitter=jitter))


def _count_on_webhook(hook: Webhook, outcome: Outcome) -> None:
    if not outcome.problem:
        if hook.n_failures:
            Webhook.objects.filter(pk=hook.pk).update(failing_since=None, n_failures=0)
        return
    hook.n_failures += 1
    hook.failing_since = hook.failing_since or outcome.at
    failing_s = (outcome.at - hook.failing_since).total_seconds()
    if hook.state == Webhook.State.ACTIVE and is_switched_off(
        n_failures=hook.n_failures, failing_s=failing_s
    ):
        _switch_off(hook, outcome)
    hook.save(update_fields=["n_failures", "failing_since", "state", "off_reason"])


def _switch_off(hook: Webhook, outcome: Outcome) -> None:
    """Stop telling an address that has answered nothing well for days; say so on its page."""
    days = round(GIVE_UP_AFTER_S / 86_400)
    told = f"Every attempt failed for {days} days, the last one: {outcome.problem}"
    hook.state, hook.off_reason = Webhook.State.OFF, told[:LONGEST_PROBLEM]
    hook.deliveries.filter(state=State.WAITING).update(
        state=State.DEAD, ended_at=timezone.now(), problem="The webhook was switched off."
    )
    record_event(
        actor=None,
        verb="switch_off_webhook",
        record=hook,
        before={"state": Webhook.State.ACTIVE.value},
        after={"state": hook.state, "reason": hook.off_reason},
    )


def inert(text: str, longest: int) -> str:
    r"""Return a stranger's text on one line, without control signs and marks of direction.

    >>> inert("ok\x00\n\u202e<b>", 10)
    'ok <b>'
    """
    return " ".join(_UNSEEN.sub(" ", text).split())[:longest]


def prune_deliveries(*, days: int, most: int = 1000) -> int:
    """Delete deliveries that ended more than ``days`` ago, ``most`` at a time; return how many."""
    before = timezone.now() - timedelta(days=days)
    old: Sequence[int] = list(
        WebhookDelivery.objects.filter(ended_at__lt=before)
        .order_by("ended_at")
        .values_list("pk", flat=True)[:most]
    )
    WebhookDelivery.objects.filter(pk__in=old).delete()
    return len(old)
