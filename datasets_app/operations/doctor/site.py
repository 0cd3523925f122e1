"""Looks at how the site is set: secret, names, TLS, and Django's own checks."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import ERROR, WARNING, run_checks

from datasets_app.operations.doctor.findings import Finding, failure, warning, well

LEAST_SECRET = 40
LOCAL = {"localhost", "127.0.0.1", "[::1]", "::1"}


def is_open_to_others() -> bool:
    """Say whether this is more than a site on somebody's own machine."""
    return not settings.DEBUG and not set(settings.ALLOWED_HOSTS) <= LOCAL


def secret(about: str) -> Iterator[Finding]:
    """Long, and not the one in the source."""
    is_weak = len(settings.SECRET_KEY) < LEAST_SECRET
    if not is_weak:
        yield well(about, "SECRET_KEY is long.")
        return
    tell = failure if is_open_to_others() else warning
    says = "SECRET_KEY is the development default or short: anyone could forge a session."
    yield tell(about, says, "Set SECRET_KEY to what `openssl rand -hex 32` prints.")


def names(about: str) -> Iterator[Finding]:
    """Names the site answers to, and the origins whose forms it takes, fit together."""
    hosts = settings.ALLOWED_HOSTS
    if "*" in hosts:
        says = "ALLOWED_HOSTS lets any name through: links in invitations could lead elsewhere."
        yield failure(about, says, "Name the site's own hosts in ALLOWED_HOSTS.")
        return
    origins = {urlsplit(origin).hostname or "" for origin in settings.CSRF_TRUSTED_ORIGINS}
    strange = sorted(name for name in origins if not _answers_to(name, hosts))
    if strange:
        says = f"CSRF_TRUSTED_ORIGINS names {', '.join(strange)}, which ALLOWED_HOSTS does not."
        yield warning(about, says, "Name the same hosts in both.")
    else:
        yield well(about, f"The site answers to {', '.join(hosts)}.")


def _answers_to(name: str, hosts: list[str]) -> bool:
    return any(name == host or (host.startswith(".") and name.endswith(host)) for host in hosts)


def tls(about: str) -> Iterator[Finding]:
    """A site for others is behind TLS and believes its proxy."""
    if not is_open_to_others():
        yield well(about, "A site for this machine alone needs no TLS.")
        return
    missing = [
        name
        for name in (
            "SESSION_COOKIE_SECURE",
            "CSRF_COOKIE_SECURE",
            "SECURE_SSL_REDIRECT",
            "SECURE_HSTS_SECONDS",
            "SECURE_PROXY_SSL_HEADER",
        )
        if not getattr(settings, name, None)
    ]
    if missing:
        says = f"The site is open to others without {', '.join(missing)}."
        mend = "Start every process with DJANGO_SETTINGS_MODULE=annotator.settings.prod"
        yield failure(about, says, mend)
    else:
        yield well(about, "TLS is asked for, and the proxy's word on it is believed.")


def checks(about: str) -> Iterator[Finding]:
    """Django's own checks and the site's: translations compiled, folders, deployment."""
    found = run_checks(include_deployment_checks=is_open_to_others())
    shown = [message for message in found if not message.is_silenced() and message.level >= WARNING]
    for message in shown:
        tell = failure if message.level >= ERROR else warning
        mend = message.hint or f"See {message.id} in Django's documentation of checks."
        yield tell(about, f"{message.msg} ({message.id})", str(mend))
    if not shown:
        yield well(about, "Django's checks and the site's are content.")
