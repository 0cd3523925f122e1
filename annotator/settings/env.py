"""Typed readers of the environment: every variable Harken knows, its type, default and meaning.

``docs/settings.md`` is written from ``VARIABLES`` and a test keeps the two equal. A variable may
also stand in the file that ``HARKEN_ENV_FILE`` names (default ``.env`` beside ``manage.py``); the
real environment wins over the file.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environs import Env, EnvError

ROOT = Path(__file__).resolve().parents[2]
DEVELOPMENT_SECRET = "development-only-not-a-secret"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: ``reader`` is the name of the environs method that types it."""

    name: str
    reader: str
    default: Any
    meaning: str


VARIABLES: tuple[Variable, ...] = (
    Variable("SECRET_KEY", "str", DEVELOPMENT_SECRET, "Signs sessions; production needs its own."),
    Variable("ALLOWED_HOSTS", "list", ["localhost", "127.0.0.1"], "Names the site answers to."),
    Variable("CSRF_TRUSTED_ORIGINS", "list", [], "Origins, with scheme, that may post forms."),
    Variable("DATABASE_URL", "str", "", "Database address; empty means SQLite in the var folder."),
    Variable("CELERY_BROKER_URL", "str", "filesystem://", "Broker between site and workers."),
    Variable("HARKEN_VAR_DIR", "path", ROOT / "var", "Where data, media, jobs and messages live."),
    Variable("SITE_ADDRESS", "str", "127.0.0.1:8000", "Host and port `serve` listens on."),
    Variable("SITE_PROCESSES", "int", 2, "Web server processes that `serve` starts."),
    Variable("WORKER_SILENCE_S", "int", 30, "A running job silent for longer is sent again."),
    Variable("LOG_LEVEL", "str", "INFO", "Least severe message that is logged."),
)


def read_environment() -> dict[str, Any]:
    """Return every variable's typed value, by name.

    Raises
    ------
    SystemExit
        A value cannot be read as its type; the message names the variable and the type.
    """
    env = Env()
    env.read_env(os.environ.get("HARKEN_ENV_FILE", str(ROOT / ".env")), recurse=False)
    return {variable.name: _read(env, variable) for variable in VARIABLES}


def _read(env: Env, variable: Variable) -> Any:
    reader = getattr(env, variable.reader)
    try:
        value = reader(variable.name, variable.default)
    except EnvError as error:
        raise SystemExit(f"{error}. {variable.name} takes a {variable.reader}.") from error
    return value if value != "" else variable.default
