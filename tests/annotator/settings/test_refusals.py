"""Production starts only with secrets, names and addresses that are safe to be seen with."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.settings.env import DEVELOPMENT_SECRET, VARIABLES
from annotator.settings.refusals import refuse_to_start, remark

ROOT = Path(__file__).resolve().parents[3]
GOOD = {
    "secret_key": secrets.token_urlsafe(48),
    "allowed_hosts": ["harken.example"],
    "trusted_origins": ["https://harken.example"],
    "oidc_issuer": "",
    "environment": {"OIDC_CLIENT_ID": "", "OIDC_CLIENT_SECRET": "", "DEBUG": False},
}
WITH_PROVIDER = {"OIDC_CLIENT_ID": "harken", "OIDC_CLIENT_SECRET": "s", "DEBUG": False}


def test_a_good_environment_starts():
    refuse_to_start(**GOOD)
    refuse_to_start(
        **GOOD | {"oidc_issuer": "https://id.example", "environment": WITH_PROVIDER},
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"secret_key": DEVELOPMENT_SECRET}, "SECRET_KEY is not set"),
        ({"secret_key": "django-insecure-" + "x1y2" * 20}, "SECRET_KEY is not set"),
        ({"secret_key": secrets.token_urlsafe(48)[:39]}, "SECRET_KEY is shorter than 40"),
        ({"secret_key": "ab" * 40}, "easily guessed"),
        ({"secret_key": ""}, "SECRET_KEY is shorter than 40"),
        ({"allowed_hosts": ["*"]}, "ALLOWED_HOSTS has a wildcard"),
        ({"allowed_hosts": ["harken.example", "*.example"]}, "ALLOWED_HOSTS has a wildcard"),
        ({"allowed_hosts": ["localhost", "127.0.0.1"]}, "ALLOWED_HOSTS names this machine alone"),
        ({"allowed_hosts": []}, "ALLOWED_HOSTS names this machine alone"),
        ({"trusted_origins": ["http://harken.example"]}, "does not begin with https://"),
        ({"trusted_origins": ["https://*.example"]}, "wildcard"),
        (
            {"oidc_issuer": "http://id.example", "environment": WITH_PROVIDER},
            "OIDC_ISSUER does not begin with https://",
        ),
        ({"oidc_issuer": "https://id.example"}, "without OIDC_CLIENT_ID"),
        ({"environment": GOOD["environment"] | {"DEBUG": True}}, "DEBUG is on"),
    ],
)
def test_each_danger_ends_the_start_with_a_sentence_that_shows_no_secret(change, sentence):
    with pytest.raises(SystemExit) as refused:
        refuse_to_start(**GOOD | change)
    assert sentence in str(refused.value)
    key = change.get("secret_key")
    assert not key or key not in str(refused.value)


def test_all_dangers_are_told_at_once():
    with pytest.raises(SystemExit) as refused:
        refuse_to_start(**GOOD | {"secret_key": "x", "allowed_hosts": ["*"]})
    assert "SECRET_KEY" in str(refused.value)
    assert "ALLOWED_HOSTS" in str(refused.value)


def test_sqlite_is_remarked_upon_and_no_more():
    assert "PostgreSQL" in next(remark(engine="django.db.backends.sqlite3"))
    assert list(remark(engine="django.db.backends.postgresql")) == []


def test_djangos_deployment_checks_find_nothing_in_a_good_environment(tmp_path):
    names = {variable.name for variable in VARIABLES}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    own = {
        "DJANGO_SETTINGS_MODULE": "annotator.settings.prod",
        "SECRET_KEY": GOOD["secret_key"],
        "ALLOWED_HOSTS": "harken.example",
        "DATABASE_URL": "postgres://postgres@127.0.0.1:5432/postgres",
        "HARKEN_VAR_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=kept | own,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
