"""``python -m annotator.security.deployment_checks``: Django's own, under a good production.

The environment is a made-up one, so that the answer is about the settings and not about this
machine. Nothing is asked of a database.
"""

import os
import secrets
import subprocess  # nosec B404 - starts manage.py, by a list of arguments
import sys
import tempfile

from annotator.settings.env import ROOT, VARIABLES

_ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "annotator.settings.prod",
    "ALLOWED_HOSTS": "harken.example",
    "CSRF_TRUSTED_ORIGINS": "https://harken.example",
    "DATABASE_URL": "postgres://harken@127.0.0.1:5432/harken",
}


def run_deployment_checks() -> int:
    """Run ``manage.py check --deploy``; return its exit status, 0 where it finds nothing."""
    ours = {variable.name for variable in VARIABLES}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    with tempfile.TemporaryDirectory() as folder:
        made_up = {"SECRET_KEY": secrets.token_urlsafe(48), "HARKEN_VAR_DIR": folder}
        done = subprocess.run(  # nosec B603 - our own program, no words of anybody else's
            [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            cwd=ROOT,
            env=kept | _ENVIRONMENT | made_up,
            check=False,
        )
    return done.returncode


if __name__ == "__main__":
    sys.exit(run_deployment_checks())
