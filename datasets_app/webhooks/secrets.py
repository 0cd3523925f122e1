"""A webhook's secret: shown once, stored nowhere, and there whenever something is to be signed.

It is derived from the site's SECRET_KEY and a random nonce of the webhook. Who reads the database
alone can sign nothing; who changes SECRET_KEY keeps the old one in SECRET_KEY_FALLBACKS, or renews
the secrets.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from django.conf import settings
from django.utils.crypto import salted_hmac

from datasets_app.webhooks.models import Webhook

_SALT = "datasets_app.webhooks.secrets"
PREFIX = "whsec_"


class SecretLost(ValueError):
    """SECRET_KEY is not the one that the webhook's secret was made with."""


def make_secret() -> tuple[str, str, str]:
    """Return a nonce, the secret it stands for, and the secret's hash."""
    nonce = secrets.token_hex(16)
    secret = _derive(nonce, settings.SECRET_KEY)
    return nonce, secret, _hash(secret)


def secret_of(webhook: Webhook) -> str:
    """Return the secret of a webhook.

    Raises
    ------
    SecretLost
        It was made with another SECRET_KEY.
    """
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        secret = _derive(webhook.nonce, key)
        if hmac.compare_digest(_hash(secret), webhook.secret_sha256):
            return secret
    raise SecretLost(
        "The site's SECRET_KEY was changed since this webhook got its secret; renew the secret."
    )


def _derive(nonce: str, key: str) -> str:
    digest = salted_hmac(_SALT, nonce, secret=key, algorithm="sha256").digest()
    return PREFIX + urlsafe_b64encode(digest).decode().rstrip("=")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
