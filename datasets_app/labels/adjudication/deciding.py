"""Decides conflicts, and takes such decisions back."""

import uuid

from django.db import transaction
from django.utils import timezone

from datasets_app.audit.services import record_event
from datasets_app.domain.labels.adjudication import check_reason
from datasets_app.domain.labels.decision import DecisionState
from datasets_app.domain.votes.answers import Answer
from datasets_app.labels.adjudication.models import Adjudication, AdjudicationLease
from datasets_app.labels.adjudication.queue import may_decide
from datasets_app.labels.models import Label
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator, User


class NotYours(RuntimeError):
    """This person may not decide this conflict now; the message is for them."""


def adjudicate(
    *,
    nomination: Nomination,
    annotator: Annotator,
    answer: Answer,
    reason: str,
    idempotency_key: uuid.UUID,
    actor: User | None = None,
) -> Adjudication:
    """Decide a conflict; the decision stands above all votes until it is withdrawn or replaced.

    The same key sent again changes nothing.

    Raises
    ------
    RuleError
        The reason is empty or too long.
    NotYours
        The person had a part in the conflict and others are left to decide it, someone else is
        deciding it, or it is no conflict any more.
    """
    reason = check_reason(reason)
    with transaction.atomic():
        Nomination.objects.select_for_update(no_key=True).get(pk=nomination.pk)
        known = Adjudication.objects.filter(idempotency_key=idempotency_key).first()
        if known is not None:
            if (known.nomination_id, known.annotator_id) != (nomination.pk, annotator.pk):
                raise NotYours("This decision's key belongs to another; reload the page.")
            return known
        _check_annotator_can_decide(nomination, annotator)
        decided = Adjudication.objects.create(
            nomination=nomination,
            annotator=annotator,
            answer=answer.value,
            reason=reason,
            idempotency_key=idempotency_key,
        )
        AdjudicationLease.objects.filter(nomination=nomination).delete()
        infer_labels(collection=nomination.clip.collection, nominations=[nomination.pk])
        record_event(
            actor=actor,
            verb="adjudicate",
            record=nomination,
            after={"answer": answer.value, "reason": reason},
        )
        return decided


def withdraw_adjudication(
    *, adjudication: Adjudication, annotator: Annotator, actor: User | None = None
) -> None:
    """Take back a decision of one's own: the one before it, or the votes, decide again.

    Harmless to repeat.

    Raises
    ------
    NotYours
        Another person decided.
    """
    if adjudication.annotator_id != annotator.pk:
        raise NotYours("Someone else made this decision; only they can take it back.")
    with transaction.atomic():
        nomination = Nomination.objects.select_for_update(no_key=True).get(
            pk=adjudication.nomination_id
        )
        mine = Adjudication.objects.filter(pk=adjudication.pk, withdrawn_at=None)
        if not mine.update(withdrawn_at=timezone.now()):
            return
        infer_labels(collection=nomination.clip.collection, nominations=[nomination.pk])
        record_event(
            actor=actor,
            verb="withdraw_adjudication",
            record=nomination,
            before={"answer": adjudication.answer, "reason": adjudication.reason},
        )


def _check_annotator_can_decide(nomination: Nomination, annotator: Annotator) -> None:
    """A decision of one's own may be replaced; else it must be a conflict, and free."""
    this = Nomination.objects.filter(pk=nomination.pk)
    if not may_decide(this, annotator=annotator).exists():
        raise NotYours("You gave an answer to this one yourself; another expert decides it.")
    leases = AdjudicationLease.objects.filter(nomination=nomination, until__gt=timezone.now())
    if leases.exclude(annotator=annotator).exists():
        raise NotYours("Someone else is deciding this one just now; go on with the next.")
    last = nomination.adjudications.filter(withdrawn_at=None).order_by("-decided_at", "-pk").first()
    is_mine = last is not None and last.annotator_id == annotator.pk
    in_conflict = Label.objects.filter(
        nomination=nomination, state=DecisionState.CONFLICTED.value
    ).exists()
    if not (is_mine or in_conflict):
        raise NotYours("This one has been decided meanwhile; go on with the next.")
