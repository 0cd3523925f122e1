"""Production: behind TLS, with secrets of its own. Starts only when everything below holds."""

import sys

from annotator.settings.base import *  # noqa: F403
from annotator.settings.base import (
    ALLOWED_HOSTS,
    CSRF_TRUSTED_ORIGINS,
    DATABASES,
    ENVIRONMENT,
    OIDC_ISSUER,
    SECRET_KEY,
    SECURE_HSTS_INCLUDE_SUBDOMAINS,
)
from annotator.settings.refusals import refuse_to_start, remark

refuse_to_start(
    secret_key=SECRET_KEY,
    allowed_hosts=ALLOWED_HOSTS,
    trusted_origins=CSRF_TRUSTED_ORIGINS,
    oidc_issuer=OIDC_ISSUER,
    environment=ENVIRONMENT,
)
for sentence in remark(engine=DATABASES["default"]["ENGINE"]):
    sys.stderr.write(f"{sentence}\n")

DEBUG = False
TRUSTED_PROXIES = max(1, ENVIRONMENT["TRUSTED_PROXIES"])  # whoever ends TLS is one
REST_FRAMEWORK = {**REST_FRAMEWORK, "NUM_PROXIES": TRUSTED_PROXIES}  # noqa: F405

# Cookies that only this very host can set, and that leave it over TLS alone.
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True

SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# The two warnings that ask for what belongs to the whole domain, not to this site: the operator's
# choice, by HSTS_SUBDOMAINS.
_OF_THE_DOMAIN = ["security.W005", "security.W021"]
SILENCED_SYSTEM_CHECKS = [] if SECURE_HSTS_INCLUDE_SUBDOMAINS else _OF_THE_DOMAIN
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
