"""Guessing passwords: counted for a name from an address, and for an address whatever the name.

A name is never locked everywhere, so that nobody can lock another out by failing in their name
from elsewhere; and a window ends by itself. A name that nobody has is counted like any other, so
that being locked out tells nothing. Stands among the authentication backends, so that it holds
wherever a password is taken.
"""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest

from annotator.security.client_address import client_address
from datasets_app.people.limits import Limit, TooManyTries
from datasets_app.people.models import User

BY_NAME = Limit("sign-in by name and address", most=10, window_s=15 * 60)
BY_ADDRESS = Limit("sign-in by address", most=100, window_s=15 * 60)


class LockOutBackend:
    """Lets nobody in; ends the search where too many passwords were wrong."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, **_other: Any
    ) -> None:
        """Refuse while the limit is reached.

        Raises
        ------
        PermissionDenied
            It is: no other backend is asked, and a right password is not told from a wrong one.
        """
        if request is None or username is None:
            return
        try:
            check_may_try(request, username)
        except TooManyTries as error:
            raise PermissionDenied from error


def check_may_try(request: HttpRequest, username: str) -> None:
    """Raise TooManyTries where the limit of wrong passwords is reached."""
    BY_NAME.check(_who(request, username))
    BY_ADDRESS.check(client_address(request))


@receiver(user_login_failed)
def count_failure(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """Count one wrong password."""
    username = credentials.get("username")
    if request is None or username is None:
        return
    try:
        BY_NAME.count(_who(request, username))
        BY_ADDRESS.count(client_address(request))
    except TooManyTries:
        return  # counted; the next try is refused


@receiver(user_logged_in)
def forget_failures(sender: Any, user: User, request: HttpRequest | None = None, **_: Any) -> None:
    """Let who knows the password begin anew from this address."""
    if request is not None:
        BY_NAME.forget(_who(request, user.get_username()))


def _who(request: HttpRequest, username: str) -> str:
    return f"{client_address(request)}\0{User.normalize_username(str(username)[:150]).casefold()}"
