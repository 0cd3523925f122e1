"""Settings of the test suite: like the embedded default, but quick to hash a password."""

import os
import tempfile
from pathlib import Path

from annotator.settings.base import *  # noqa: F403
from annotator.settings.base import DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in use: in memory SQLite refuses a second writer at once; here it may wait.
    test_database = Path(tempfile.gettempdir()) / f"harken-test-{os.getpid()}.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": test_database}
