"""API tokens: made and taken back by their owners, kept as hashes, found by their hash.

A secret has 256 random bits, so its SHA-256 needs no salt and can be looked up by an index: what a
lookup's time could tell is nothing about a secret that is not known whole.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from datasets_app.audit.services import record_event
from datasets_app.people.models import User
from datasets_app.people.roles import has_role
from datasets_app.people.token_models import ApiToken

PREFIX = "hk_"
"""By it a secret that was published by mistake is recognised."""
LONGEST_DAYS = 366
MOST_TOKENS = 20
"""Tokens that one person has at a time, inclusive."""
USE_NOTED_AFTER = timedelta(minutes=1)
_HINT_LETTERS = 8
_Scope = ApiToken.Scope
_ROLES_OF: dict[ApiToken.Scope, tuple[User.Role, ...]] = {
    _Scope.READ: tuple(User.Role),
    _Scope.VOTE: (User.Role.ANNOTATOR, User.Role.EXPERT),
    _Scope.CURATE: (User.Role.CURATOR,),
    _Scope.JOBS: (User.Role.CURATOR,),
}


class TokenRefused(ValueError):
    """The token cannot be made; the message says why and what to do."""


def scopes_of_use(user: User) -> list[ApiToken.Scope]:
    """Return the scopes in which this person's roles let them do something."""
    return [s for s in _Scope if any(has_role(user=user, role=role) for role in _ROLES_OF[s])]


@transaction.atomic
def create_token(
    *, user: User, name: str, scopes: Iterable[ApiToken.Scope], days: int
) -> tuple[ApiToken, str]:
    """Make a token of ``user``; return it with its secret, which is shown this once.

    ``days`` is how long it holds, 1 to 366 inclusive.

    Raises
    ------
    TokenRefused
        It has no name or scope, a scope is of no use to the person's roles, it would hold for too
        long or not at all, or the person has as many tokens as one may have.
    """
    chosen, name = sorted(set(scopes)), name.strip()
    if not name or len(name) > 100:
        raise TokenRefused(_("Give the token a name of 1 to 100 characters, such as its program."))
    if not chosen:
        raise TokenRefused(_("Choose at least one thing that the token may do."))
    if idle := set(chosen) - set(scopes_of_use(user)):
        raise TokenRefused(
            _("Your roles do not reach the scope %(scope)s; leave it out, or ask for the role.")
            % {"scope": ", ".join(sorted(idle))}
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise TokenRefused(
            _("A token holds for 1 to %(most)d days, not %(days)d.")
            % {"most": LONGEST_DAYS, "days": days}
        )
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two requests take turns
    if live_tokens(user).count() >= MOST_TOKENS:
        raise TokenRefused(
            _("You have %(n)d tokens already; take back one that is no longer used.")
            % {"n": MOST_TOKENS}
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        hint=secret[:_HINT_LETTERS],
        token_sha256=_hash(secret),
        scopes=[scope.value for scope in chosen],
        expires_at=timezone.now() + timedelta(days=days),
    )
    record_event(
        actor=user,
        verb="create_token",
        record=token,
        after={"scopes": token.scopes, "expires_at": token.expires_at.isoformat()},
    )
    return token, secret


@transaction.atomic
def revoke_token(*, actor: User, token: ApiToken) -> None:
    """End a token; harmless to repeat. What it is used for stops with its next request."""
    ended = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    if ended:
        record_event(actor=actor, verb="revoke_token", record=token)


def live_tokens(user: User) -> QuerySet[ApiToken]:
    """Return a person's tokens that still open something, newest first."""
    rows = ApiToken.objects.filter(Q(expires_at__gt=timezone.now()), user=user, revoked_at=None)
    return rows.order_by("-pk")


def find_token(secret: str) -> ApiToken | None:
    """Return the live token of a secret with its owner, or None; notes its use once a minute.

    One query, two where the use is noted.
    """
    now = timezone.now()
    rows = ApiToken.objects.select_related("user").filter(
        token_sha256=_hash(secret), revoked_at=None, expires_at__gt=now, user__is_active=True
    )
    token = rows.first()
    if token is None:
        return None
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_AFTER:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
