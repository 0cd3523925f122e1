"""Signing in through an OpenID Connect provider, by django-allauth.

The provider says who someone is; roles come from invitations and from people here. Someone who
follows an invitation and then signs in through the provider gets the invitation's roles.
"""

from collections.abc import Sequence
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from datasets_app.people.invitations import InvitationRefused, accept_invitation, find_invitation
from datasets_app.people.models import User
from datasets_app.people.roles import RoleRefused

_KEPT = "invitation"


def providers(request: HttpRequest) -> Sequence[Any]:
    """Return the providers one can sign in with: none, unless the environment names one."""
    if not settings.OIDC_ISSUER:
        return ()
    return DefaultSocialAccountAdapter(request).list_providers(request)


def keep_invitation(request: HttpRequest, token: str) -> None:
    """Remember an invitation while its reader is away at the provider."""
    request.session[_KEPT] = token


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by invitation, by a provider or by an operator; nobody signs up freely."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no: the pages of this library that sign people up are not used."""
        return False


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """What happens when someone comes back from the provider."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Let in whom the provider vouches for, or only the invited, as the operator chose."""
        return settings.OIDC_OPEN or _kept_invitation_holds(request)

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Refuse an account that was closed, with a sentence."""
        user = sociallogin.user
        if sociallogin.is_existing and not user.is_active:
            messages.error(request, _("Your account here was closed; ask an administrator."))
            raise ImmediateHttpResponse(redirect("sign-in"))
        if not sociallogin.is_existing and not self.is_open_for_signup(request, sociallogin):
            messages.error(request, _("You need an invitation first; ask a curator for a link."))
            raise ImmediateHttpResponse(redirect("sign-in"))

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """Make the account and give it the roles of a kept invitation."""
        user = super().save_user(request, sociallogin, form)
        token = request.session.pop(_KEPT, None)
        if token is not None:
            try:
                accept_invitation(token=token, user=user)
            except (InvitationRefused, RoleRefused) as error:
                messages.error(request, str(error))
        return user

    def on_authentication_error(self, request: HttpRequest, provider: Any, **_kwargs: Any) -> None:
        """Come back to the sign-in page with one sentence, whatever went wrong at the provider."""
        messages.error(
            request, _("The sign-in at the provider did not succeed; try again or use a password.")
        )
        raise ImmediateHttpResponse(redirect("sign-in"))


def _kept_invitation_holds(request: HttpRequest) -> bool:
    token = request.session.get(_KEPT)
    if token is None:
        return False
    try:
        find_invitation(token)
    except (InvitationRefused, RoleRefused):
        return False
    return True


def forget_providers(user: User) -> None:
    """Delete what ties an account to a provider: who comes back by it is a new person here."""
    SocialAccount.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
