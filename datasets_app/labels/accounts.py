"""Moves answers between accounts, and closes accounts without losing their answers.

They stand here, above votes and labels, because a nomination that loses a distinct voter has to be
decided anew.
"""

import uuid

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Collection
from datasets_app.labels.services import infer_labels
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import Annotator, User
from datasets_app.people.roles import RoleRefused, check_someone_else_administers
from datasets_app.votes.models import Vote, VoteRevision


class AccountRefused(ValueError):
    """The account cannot be changed like this; the message says why."""


@transaction.atomic
def transfer_votes(*, actor: User, source: Annotator, target: Annotator) -> int:
    """Give all answers of ``source`` to ``target``, decide their labels anew, return how many.

    Where both answered, the later answer stands and the earlier becomes its revision, so that one
    person never counts twice. Verification records, pages and refinements stay where they are.

    Raises
    ------
    AccountRefused
        Both are the same.
    """
    if source.pk == target.pk:
        raise AccountRefused(_("Answers cannot be moved to the account they belong to already."))
    votes = Vote.objects.select_for_update().filter(annotator=source)
    nominations = list(votes.values_list("nomination_id", flat=True))
    for mine in votes.filter(nomination__votes__annotator=target).order_by("pk"):
        _merge(mine, Vote.objects.get(nomination=mine.nomination_id, annotator=target))
    Vote.objects.filter(annotator=source).update(annotator=target)
    VoteRevision.objects.filter(annotator=source).update(annotator=target)
    _decide_anew(Nomination.objects.filter(pk__in=nominations))
    record_event(
        actor=actor,
        verb="transfer_votes",
        record=target,
        before={"annotator": source.pk},
        after={"n_votes": len(nominations)},
    )
    return len(nominations)


def _merge(mine: Vote, theirs: Vote) -> None:
    """Keep the later of two answers to one nomination, with the earlier as its revision."""
    later, earlier = (mine, theirs) if mine.cast_at > theirs.cast_at else (theirs, mine)
    VoteRevision.objects.filter(vote=earlier).update(vote=later)
    VoteRevision.objects.create(
        vote=later,
        nomination_id=earlier.nomination_id,
        annotator_id=earlier.annotator_id,
        answer=earlier.answer,
        comment=earlier.comment,
        idempotency_key=earlier.idempotency_key,
        replaced_by_key=later.idempotency_key,
        cast_at=earlier.cast_at,
    )
    earlier.delete()


def _decide_anew(nominations: QuerySet[Nomination]) -> None:
    for collection in Collection.objects.filter(clips__nominations__in=nominations).distinct():
        ids = nominations.filter(clip__collection=collection).values_list("pk", flat=True)
        infer_labels(collection=collection, nominations=list(ids))


@transaction.atomic
def delete_account(*, actor: User, user: User) -> None:
    """Close an account: who it was is forgotten, its answers stay under a name that says nothing.

    The row stays, emptied, because the audit trail points at it.

    Raises
    ------
    AccountRefused
        It is the last administrator's.
    """
    try:
        check_someone_else_administers(user)
    except RoleRefused as error:
        raise AccountRefused(str(error)) from error
    Annotator.objects.filter(user=user).update(
        user=None, source=Annotator.FORMER, name=f"former-{uuid.uuid4()}"
    )
    user.username = f"deleted-{uuid.uuid4()}"
    user.email = user.first_name = user.last_name = ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.preferences = {}
    user.set_unusable_password()
    user.save()
    user.groups.clear()
    record_event(actor=actor, verb="delete_account", record=user)
