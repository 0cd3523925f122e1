"""Settings of the test suite: like the embedded default, but quick to hash a password."""

from annotator.settings.base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
