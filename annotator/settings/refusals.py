"""Why production does not start: each reason is a sentence that says what to do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from annotator.settings.env import DEVELOPMENT_SECRET

SHORTEST_SECRET = 40
FEWEST_LETTERS = 12
_HERE = ("localhost", "127.0.0.1", "[::1]")


def refuse_to_start(
    *,
    secret_key: str,
    allowed_hosts: Sequence[str],
    trusted_origins: Sequence[str],
    oidc_issuer: str,
    environment: Mapping[str, Any],
) -> None:
    """Raise with every reason at once, so that they are mended in one go.

    Raises
    ------
    SystemExit
        There is a reason. The message repeats no value: one may be a secret.
    """
    found = [
        *_of_secret(secret_key),
        *_of_hosts(allowed_hosts),
        *_of_origins(trusted_origins),
        *_of_provider(oidc_issuer, environment),
        *_of_debugging(environment["DEBUG"]),
    ]
    if found:
        raise SystemExit("\n".join(["Harken does not start in production like this:", *found]))


def remark(*, engine: str) -> Iterator[str]:
    """Yield what works and is better otherwise."""
    if engine.endswith("sqlite3"):
        yield (
            "DATABASE_URL is not set: the records are kept in SQLite, which serves a few people at "
            "a time; docs/operate.md tells how to use PostgreSQL."
        )


def _of_secret(key: str) -> Iterator[str]:
    if key == DEVELOPMENT_SECRET or key.startswith("django-insecure-"):
        yield (
            "SECRET_KEY is not set, or the one that stands in public source: with it anybody signs "
            "in as anybody. Set a long random one: openssl rand -base64 48."
        )
    elif len(key) < SHORTEST_SECRET or len(set(key)) < FEWEST_LETTERS:
        yield (
            f"SECRET_KEY is shorter than {SHORTEST_SECRET} characters or easily guessed. Set a "
            "long random one: openssl rand -base64 48."
        )


def _of_hosts(hosts: Sequence[str]) -> Iterator[str]:
    if any("*" in host or host in ("", ".") for host in hosts):
        yield (
            "ALLOWED_HOSTS has a wildcard: whoever writes the Host header would choose the address "
            "in invitations. Name the hosts that the site answers to."
        )
    if not [host for host in hosts if host not in _HERE]:
        yield "ALLOWED_HOSTS names this machine alone. Name the hosts that visitors type."


def _of_origins(origins: Sequence[str]) -> Iterator[str]:
    if any(urlsplit(origin).scheme != "https" or "*" in origin for origin in origins):
        yield (
            "CSRF_TRUSTED_ORIGINS has an origin that does not begin with https:// or has a "
            "wildcard. Name the site's own origins, all over TLS."
        )


def _of_provider(issuer: str, environment: Mapping[str, Any]) -> Iterator[str]:
    if not issuer:
        return
    if urlsplit(issuer).scheme != "https":
        yield (
            "OIDC_ISSUER does not begin with https://: whoever stands between could sign in as "
            "anybody. Name the provider's address over TLS."
        )
    if not (environment["OIDC_CLIENT_ID"] and environment["OIDC_CLIENT_SECRET"]):
        yield (
            "OIDC_ISSUER is set without OIDC_CLIENT_ID and OIDC_CLIENT_SECRET. Set both, as the "
            "provider gave them, or none of the three."
        )


def _of_debugging(is_on: bool) -> Iterator[str]:
    if is_on:
        yield (
            "DEBUG is on: pages of errors would show settings and code to everybody. Unset DEBUG; "
            "the log has what they would show."
        )
