"""Links that let people in: made by curators and administrators, used once, kept as hashes."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from datasets_app.audit.services import record_event
from datasets_app.people.models import Invitation, User
from datasets_app.people.roles import check_user_can_grant, grant_role

LONGEST_DAYS = 60


class InvitationRefused(ValueError):
    """The invitation cannot be made or used; the message says why and what to do."""


@transaction.atomic
def create_invitation(
    *, inviter: User, roles: Iterable[User.Role], days: int = 14, note: str = ""
) -> tuple[Invitation, str]:
    """Make an invitation; return it with the link's secret, which is shown this once.

    ``days`` is how long it holds, 1 to 60 inclusive.

    Raises
    ------
    RoleRefused
        A role is not the inviter's to give.
    InvitationRefused
        There is no role, or it would hold for too long or not at all.
    """
    chosen = sorted(set(roles))
    if not chosen:
        raise InvitationRefused(_("Choose at least one role for the person you invite."))
    if not 1 <= days <= LONGEST_DAYS:
        raise InvitationRefused(
            _("An invitation holds for 1 to %(most)d days, not %(days)d.")
            % {"most": LONGEST_DAYS, "days": days}
        )
    check_user_can_grant(inviter, chosen)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        token_sha256=_hash(token),
        roles=[role.value for role in chosen],
        note=note.strip()[:200],
        invited_by=inviter,
        expires_at=timezone.now() + timedelta(days=days),
    )
    record_event(
        actor=inviter, verb="create_invitation", record=invitation, after={"roles": chosen}
    )
    return invitation, token


def find_invitation(token: str) -> Invitation:
    """Return the open invitation of a link.

    Raises
    ------
    InvitationRefused
        There is none, or it was used, revoked, has expired, or its sender may no longer give its
        roles.
    """
    invitation = (
        Invitation.objects.select_related("invited_by").filter(token_sha256=_hash(token)).first()
    )
    if invitation is None:
        raise InvitationRefused(_("This invitation is not known; ask for a new link."))
    _check_open(invitation)
    return invitation


@transaction.atomic
def accept_invitation(*, token: str, user: User) -> None:
    """Give ``user`` the roles of an invitation and close it; two people cannot use one link.

    Raises
    ------
    InvitationRefused
        As ``find_invitation``.
    """
    list(Invitation.objects.select_for_update().filter(token_sha256=_hash(token)))
    invitation = find_invitation(token)
    for name in invitation.roles:
        grant_role(user=user, role=User.Role(name))
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    record_event(
        actor=user, verb="accept_invitation", record=invitation, after={"roles": invitation.roles}
    )


@transaction.atomic
def revoke_invitation(*, actor: User, invitation: Invitation) -> None:
    """Close an invitation that nobody has used; revoking twice changes nothing.

    Raises
    ------
    InvitationRefused
        It was accepted already.
    """
    locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if locked.accepted_at is not None:
        raise InvitationRefused(
            _("This invitation was accepted already; change the person's roles instead.")
        )
    if locked.revoked_at is None:
        locked.revoked_at = timezone.now()
        locked.save(update_fields=["revoked_at"])
        record_event(actor=actor, verb="revoke_invitation", record=locked)


def _check_open(invitation: Invitation) -> None:
    if invitation.accepted_at is not None:
        raise InvitationRefused(_("This invitation was used already; ask for a new link."))
    if invitation.revoked_at is not None:
        raise InvitationRefused(_("This invitation was taken back; ask for a new link."))
    if invitation.expires_at <= timezone.now():
        raise InvitationRefused(_("This invitation has expired; ask for a new link."))
    if not invitation.invited_by.is_active:
        raise InvitationRefused(
            _("Who sent this invitation has left; ask a curator for a new link.")
        )
    check_user_can_grant(invitation.invited_by, [User.Role(name) for name in invitation.roles])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
