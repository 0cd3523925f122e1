"""Who may give which role, and giving it.

Curators bring in annotators and experts; administrators give and take every role. Nobody changes
their own roles, so that no one raises themselves, and the last administrator stays one.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from datasets_app.audit.services import record_event
from datasets_app.people.models import User
from datasets_app.people.standing import Standing, read_standing

Role = User.Role
_GRANTABLE: dict[Role, frozenset[Role]] = {
    Role.CURATOR: frozenset({Role.ANNOTATOR, Role.EXPERT}),
    Role.ADMINISTRATOR: frozenset(Role),
}


class RoleRefused(ValueError):
    """The role may not be given or taken like this; the message says why."""


def grant_role(*, user: User, role: Role) -> None:
    """Give ``user`` a role, asking nobody: for commands and invitations that were checked."""
    group, _created = Group.objects.get_or_create(name=role.value)
    user.groups.add(group)
    user._standing = None


def has_role(*, user: User, role: Role) -> bool:
    """Say whether ``user`` has a role; a superuser has all of them."""
    return user.is_superuser or role in roles_of(user)


def roles_of(user: User) -> frozenset[Role]:
    """Return the roles given to ``user``; asked of the database once for each user object."""
    return standing_of(user).roles


def standing_of(user: User) -> Standing:
    """Return what ``read_standing`` does, asked of the database once for each user object."""
    known = getattr(user, "_standing", None)
    if known is None:
        known = user._standing = read_standing(user=user)
    return known


def roles_grantable_by(user: User) -> frozenset[Role]:
    """Return the roles that ``user`` may give to others."""
    if user.is_superuser:
        return frozenset(Role)
    return frozenset().union(*(_GRANTABLE.get(role, frozenset()) for role in roles_of(user)))


def check_user_can_grant(user: User, roles: Iterable[Role]) -> None:
    """Raise unless ``user`` may give all of ``roles``.

    Raises
    ------
    RoleRefused
        One of them is not theirs to give.
    """
    for role in sorted(set(roles) - roles_grantable_by(user)):
        raise RoleRefused(
            _("The role %(role)s is not yours to give; ask an administrator.")
            % {"role": role.label.lower()}
        )


@transaction.atomic
def change_role(*, actor: User, user: User, role: Role, is_given: bool) -> None:
    """Give or take one role of another person, with an audit event.

    Raises
    ------
    RoleRefused
        The role is not the actor's to give, the person is the actor, or no administrator would
        be left.
    """
    check_user_can_grant(actor, [role])
    if actor.pk == user.pk:
        raise RoleRefused(_("Nobody changes their own roles; ask another administrator."))
    before = sorted(roles_of(user))
    if is_given == (role in before):
        return
    if is_given:
        grant_role(user=user, role=role)
    else:
        if role is Role.ADMINISTRATOR:
            check_someone_else_administers(user)
        user.groups.remove(*user.groups.filter(name=role.value))
        user._standing = None
    record_event(
        actor=actor,
        verb="change_role",
        record=user,
        before={"roles": before},
        after={"roles": sorted(roles_of(user))},
    )


def check_someone_else_administers(user: User) -> None:
    """Raise if ``user`` is the only administrator that is left.

    The role is locked until the transaction ends, so that two administrators cannot take it from
    each other at once.

    Raises
    ------
    RoleRefused
        Nobody else administers.
    """
    if not has_role(user=user, role=Role.ADMINISTRATOR):
        return
    list(Group.objects.select_for_update().filter(name=Role.ADMINISTRATOR.value))
    of_role = Q(groups__name=Role.ADMINISTRATOR.value) | Q(is_superuser=True)
    if not User.objects.filter(of_role, is_active=True).exclude(pk=user.pk).exists():
        raise RoleRefused(
            _("%(name)s is the only administrator; make another person one first.")
            % {"name": user.get_username()}
        )
