"""Which pages are for which roles."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from datasets_app.people.models import User
from datasets_app.people.services import has_role

View = Callable[..., HttpResponse]
JUDGES = (User.Role.ANNOTATOR, User.Role.EXPERT)
"""Whose answers count."""


def has_any_role(user: User, *roles: User.Role) -> bool:
    """Say whether ``user`` has one of ``roles``."""
    return any(has_role(user=user, role=role) for role in roles)


def check_user_has_role(user: User, *roles: User.Role) -> None:
    """Raise PermissionDenied, with a sentence, unless ``user`` has one of ``roles``."""
    if not has_any_role(user, *roles):
        wanted = _(" or ").join(_(role.label).lower() for role in roles)
        raise PermissionDenied(
            _("This page is for people with the role %(role)s; ask a curator to give it to you.")
            % {"role": wanted}
        )


def needs_role(*roles: User.Role) -> Callable[[View], View]:
    """Decorate a view that only people with one of ``roles`` may see."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            check_user_has_role(request.user, *roles)
            return view(request, *args, **kwargs)

        return checked

    return decorate
