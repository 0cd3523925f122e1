"""The environment: typed, documented, and answered in one sentence where it is wrong."""

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from environs import Env

from annotator.settings.env import (
    DEVELOPMENT_SECRET,
    TYPE_NAMES,
    VARIABLES,
    read_environment,
    settings_table,
)

ROOT = Path(__file__).resolve().parents[3]
NAMES = [variable.name for variable in VARIABLES]
OWN_SECRET = "a-long-secret-that-nobody-else-has-0123456789"


@pytest.fixture
def bare_environment(monkeypatch, tmp_path) -> pytest.MonkeyPatch:
    """None of Harken's variables is set, and no file is read."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HARKEN_ENV_FILE", os.devnull)
    return monkeypatch


def run_python(code: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process that knows no variable but these, in an empty folder."""
    kept = {key: value for key, value in os.environ.items() if key not in NAMES}
    own = {"HARKEN_VAR_DIR": str(tmp_path / "var"), "HARKEN_ENV_FILE": os.devnull}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "PYTHONPATH": str(ROOT), **own, **environment},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def check_site(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings and run Django's checks."""
    code = "from django.core.management import execute_from_command_line as run; run(['', 'check'])"
    environment.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings.dev")
    return run_python(code, tmp_path, **environment)


class TestTheList:
    @pytest.mark.parametrize("variable", VARIABLES, ids=NAMES)
    def test_each_variable_has_a_type_and_a_meaning(self, variable):
        assert callable(getattr(Env, variable.reader))
        assert TYPE_NAMES[variable.reader]
        assert re.fullmatch(r"[A-Z`].{10,}\.", variable.meaning)
        assert variable.allowed

    @pytest.mark.parametrize("variable", VARIABLES, ids=NAMES)
    def test_each_default_is_itself_allowed(self, variable):
        assert variable.default == "" or variable.is_allowed(variable.default)

    def test_no_variable_is_read_anywhere_else(self):
        """The worker's two are its own: it knows nothing of the site."""
        code = [*(ROOT / "annotator").rglob("*.py"), *(ROOT / "datasets_app").rglob("*.py")]
        reading = re.compile(r"environ(\.get\(|\[)\s*[\"'](" + "|".join(NAMES) + ")")
        assert [path for path in code if reading.search(path.read_text(encoding="utf-8"))] == []

    def test_every_variable_is_used_by_the_settings(self):
        base = (ROOT / "annotator/settings/base.py").read_text(encoding="utf-8")
        assert set(re.findall(r'ENVIRONMENT\["([A-Z_]+)"\]', base)) == set(NAMES)

    def test_the_page_in_the_docs_is_the_list_in_the_code(self):
        page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
        assert page.endswith("\n\n" + settings_table())

    def test_the_table_names_no_folder_of_this_machine(self):
        assert str(ROOT) not in settings_table()
        assert "| `HARKEN_VAR_DIR` | folder: made where missing | `var` |" in settings_table()


class TestReading:
    def test_with_nothing_set_every_default_holds(self, bare_environment):
        assert read_environment() == {v.name: v.default for v in VARIABLES}

    @pytest.mark.parametrize("name", NAMES)
    def test_a_variable_set_to_nothing_counts_as_not_set(self, bare_environment, name):
        bare_environment.setenv(name, " ")
        assert read_environment() == {v.name: v.default for v in VARIABLES}

    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [
            ("SITE_PROCESSES", "3", 3),
            ("SITE_PROCESSES", "1", 1),
            ("WORKER_SILENCE_S", "1", 1),
            ("ALLOWED_HOSTS", "a.example, b.example", ["a.example", "b.example"]),
            ("CSRF_TRUSTED_ORIGINS", "https://a.example", ["https://a.example"]),
            ("HARKEN_VAR_DIR", "/srv/harken", Path("/srv/harken")),
            ("DATABASE_URL", "postgres://u:p@h:5432/n", "postgres://u:p@h:5432/n"),
            ("DATABASE_URL", "sqlite:////srv/x.sqlite3", "sqlite:////srv/x.sqlite3"),
            ("CELERY_BROKER_URL", "redis://127.0.0.1:6379/1", "redis://127.0.0.1:6379/1"),
            ("SITE_ADDRESS", "0.0.0.0:80", "0.0.0.0:80"),
            ("LOG_LEVEL", "DEBUG", "DEBUG"),
        ],
    )
    def test_a_value_is_typed(self, bare_environment, name, text, value):
        bare_environment.setenv(name, text)
        assert read_environment()[name] == value

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("SITE_PROCESSES", "two"),
            ("SITE_PROCESSES", "0"),
            ("SITE_PROCESSES", "1.5"),
            ("WORKER_SILENCE_S", "0"),
            ("WORKER_SILENCE_S", "-30"),
            ("ALLOWED_HOSTS", "a.example,,b.example"),
            ("CSRF_TRUSTED_ORIGINS", "a.example"),
            ("DATABASE_URL", "the-database"),
            ("DATABASE_URL", "mysql://u:hunter2@h/n"),
            ("DATABASE_URL", "postgres://u:hunter2@h:port/n"),
            ("CELERY_BROKER_URL", "localhost"),
            ("HARKEN_VAR_DIR", "/etc/hostname/var"),
            ("SITE_ADDRESS", "8000"),
            ("SITE_ADDRESS", "localhost:http"),
            ("LOG_LEVEL", "LOUD"),
        ],
    )
    def test_a_bad_value_is_one_sentence_with_what_is_allowed(self, bare_environment, name, text):
        bare_environment.setenv(name, text)
        variable = next(v for v in VARIABLES if v.name == name)
        with pytest.raises(SystemExit) as caught:
            read_environment()
        message = str(caught.value)
        assert message.startswith(f"{name} has a value it cannot take; it is a ")
        assert message.endswith(f": {variable.allowed}.")
        assert "hunter2" not in message


class TestTheFile:
    code = (
        "import json; from annotator.settings.env import read_environment as r; "
        "print(json.dumps(r(), default=str))"
    )

    def read(self, tmp_path: Path, **environment: str) -> dict[str, Any]:
        return json.loads(run_python(self.code, tmp_path, **environment).stdout)

    def test_it_is_read_and_the_environment_wins_over_it(self, tmp_path):
        file = tmp_path / "harken.env"
        file.write_text("SITE_PROCESSES=5\nLOG_LEVEL=DEBUG\n")
        found = self.read(tmp_path, HARKEN_ENV_FILE=str(file), LOG_LEVEL="ERROR")
        assert (found["SITE_PROCESSES"], found["LOG_LEVEL"]) == (5, "ERROR")

    @pytest.mark.parametrize("name", ["missing.env", "."])
    def test_one_that_is_named_and_not_there_is_said(self, tmp_path, name):
        done = run_python(self.code, tmp_path, HARKEN_ENV_FILE=str(tmp_path / name))
        assert done.returncode == 1
        assert "HARKEN_ENV_FILE names" in done.stderr
        assert "Traceback" not in done.stderr


class TestStarting:
    def test_with_nothing_set_the_site_is_in_order(self, tmp_path):
        done = check_site(tmp_path)
        assert done.returncode == 0, done.stderr

    def test_a_bad_value_ends_the_start_without_a_traceback(self, tmp_path):
        done = check_site(tmp_path, SITE_PROCESSES="many")
        assert done.returncode == 1
        assert done.stderr.strip().startswith("SITE_PROCESSES has a value it cannot take")
        assert "Traceback" not in done.stderr

    def test_the_embedded_database_lies_in_the_var_folder_whatever_its_name(self, tmp_path):
        code = "from annotator.settings.base import DATABASES as d; print(d['default']['NAME'])"
        folder = tmp_path / "va r#1%20?x=y"
        done = run_python(code, tmp_path, HARKEN_VAR_DIR=str(folder))
        assert done.stdout.strip() == str(folder / "harken.sqlite3")

    @pytest.mark.parametrize("secret", ["", DEVELOPMENT_SECRET, "short"])
    def test_production_refuses_a_secret_that_is_not_its_own(self, tmp_path, secret):
        done = check_site(
            tmp_path, DJANGO_SETTINGS_MODULE="annotator.settings.prod", SECRET_KEY=secret
        )
        assert done.returncode == 1
        assert "\nSECRET_KEY is " in done.stderr
        assert "Traceback" not in done.stderr

    def test_production_starts_with_a_secret_of_its_own_and_is_strict(self, tmp_path):
        code = (
            "from annotator.settings import prod as p; print(p.DEBUG, p.SESSION_COOKIE_SECURE, "
            "p.CSRF_COOKIE_SECURE, p.SECURE_SSL_REDIRECT, p.SECURE_HSTS_SECONDS > 0)"
        )
        done = run_python(code, tmp_path, SECRET_KEY=OWN_SECRET, ALLOWED_HOSTS="harken.example")
        assert done.stdout.split() == ["False", "True", "True", "True", "True"], done.stderr

    @pytest.mark.parametrize("module", ["dev", "test"])
    def test_other_settings_only_override(self, module):
        source = (ROOT / f"annotator/settings/{module}.py").read_text(encoding="utf-8")
        assert "from annotator.settings.base import *" in source
        assert len(source.splitlines()) < 20


def test_the_sites_celery_is_the_one_services_send_by(settings):
    from annotator.celery import app

    assert app.conf.broker_url == settings.CELERY["broker_url"]
    assert app.conf.task_ignore_result
    assert not app.conf.task_always_eager
    assert "always_eager" not in inspect.getsource(sys.modules["annotator.celery"])
