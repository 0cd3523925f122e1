"""Production: behind TLS, with its own secret. Starts only when both hold."""

from annotator.settings.base import *  # noqa: F403
from annotator.settings.base import SECRET_KEY
from annotator.settings.env import DEVELOPMENT_SECRET

if SECRET_KEY == DEVELOPMENT_SECRET or len(SECRET_KEY) < 40:
    raise SystemExit(
        "SECRET_KEY is the development default or shorter than 40 characters; production needs "
        "a long random one in the environment."
    )

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Harken speaks for its own name alone: neither for what else its domain holds (W005) nor for
# browsers' built-in lists, which take months to leave (W021).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
