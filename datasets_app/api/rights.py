"""What a caller may do: the roles of the person, narrowed by the scopes of the token."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from datasets_app.people.models import Annotator, User
from datasets_app.people.roles import has_role
from datasets_app.people.services import annotator_of_user
from datasets_app.people.token_models import ApiToken

Scope = ApiToken.Scope
JUDGES = (User.Role.ANNOTATOR, User.Role.EXPERT)
CURATORS = (User.Role.CURATOR,)


@dataclass(frozen=True, slots=True)
class Needs:
    """What an operation asks of its caller.

    ``roles``: one of these, nothing for any. ``is_open``: nobody need be signed in.
    """

    scope: ApiToken.Scope = Scope.READ
    roles: tuple[User.Role, ...] = ()
    is_open: bool = False


class HasRight(BasePermission):
    """Holds a caller to the ``needs`` of the method they call."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True, or raise what says why not; a method that is not there passes to its 405."""
        needs = needs_of(getattr(view, (request.method or "").lower(), None))
        if needs is None:
            return True
        if not request.user.is_authenticated:
            if needs.is_open:
                return True
            raise exceptions.NotAuthenticated
        if request.auth is not None and needs.scope.value not in request.auth.scopes:
            raise exceptions.PermissionDenied(
                f"This token has the scopes {', '.join(request.auth.scopes)}; this needs "
                f"{needs.scope.value}. Make a token with it on your page."
            )
        if needs.roles and not any(has_role(user=request.user, role=r) for r in needs.roles):
            raise exceptions.PermissionDenied(_refusal(needs.roles))
        return True


def needs_of(method: Callable[..., Any] | None) -> Needs | None:
    """Return what ``documentation.operation`` noted of a view's method."""
    return getattr(method, "needs", None)


def judging_annotator(user: User) -> Annotator | None:
    """Return the record of somebody who judges, None for others."""
    judges = any(has_role(user=user, role=role) for role in JUDGES)
    return annotator_of_user(user=user) if judges else None


def is_curator(user: User) -> bool:
    """Say whether somebody steers: they see others' answers."""
    return has_role(user=user, role=User.Role.CURATOR)


def is_blind(user: User) -> bool:
    """Whoever judges and does not steer sees nobody's answer before their own."""
    return not is_curator(user)


def _refusal(roles: tuple[User.Role, ...]) -> str:
    if roles == JUDGES:
        return _("Your account may not give answers; ask a curator for the role annotator.")
    named = " or ".join(role.value for role in roles)
    return f"This is for people with the role {named}; ask a curator to give it to you."
