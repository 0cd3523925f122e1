"""Who calls: the owner of a token, or somebody who is signed in to the site."""

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from datasets_app.people.models import User
from datasets_app.people.token_models import ApiToken
from datasets_app.people.tokens import find_token

_SCHEME = "bearer"
BAD_TOKEN = (
    "This token is not known, has expired, or was taken back; make another one on your page."  # noqa: S105  # nosec B105
)


class TokenAuthentication(BaseAuthentication):
    """Reads ``Authorization: Bearer hk_…``."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the owner and the token, None where no such header was sent."""
        scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != _SCHEME:
            return None
        token = find_token(secret.strip())
        if token is None:
            raise exceptions.AuthenticationFailed(BAD_TOKEN)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme in a 401."""
        return 'Bearer realm="api"'


class SiteSessionAuthentication(SessionAuthentication):
    """The site's own session, with its CSRF token for whatever changes something."""

    def enforce_csrf(self, request: Request) -> None:
        """Refuse a change without the token, in our words."""
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise exceptions.PermissionDenied(
                "A signed-in browser sends its CSRF token as X-CSRFToken; programs send a token."
            ) from error
