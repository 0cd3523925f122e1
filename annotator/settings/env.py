"""Typed readers of the environment: every variable Harken knows, its type, default and meaning.

``docs/settings.md`` is written from ``VARIABLES`` and a test keeps the two equal. A variable may
also stand in the file that ``HARKEN_ENV_FILE`` names (default ``.env`` beside ``manage.py``); the
real environment wins over the file.
"""

import ipaddress
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dj_database_url
from environs import Env, EnvError

from datasets_app.domain.errors import RuleError
from datasets_app.domain.outgoing.addresses import parse_allowed
from datasets_app.releases.storage.address import SHAPE, parse_storage_address

ROOT = Path(__file__).resolve().parents[2]
DEVELOPMENT_SECRET = "development-only-not-a-secret"  # noqa: S105  # nosec B105


LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
TYPE_NAMES = {
    "str": "text",
    "list": "list",
    "int": "whole number",
    "path": "folder",
    "bool": "yes or no",
}


def _is_database(address: str) -> bool:
    try:
        parsed = dj_database_url.parse(address)
    except ValueError:
        return False
    return str(parsed.get("ENGINE", "")).endswith((".sqlite3", ".postgresql"))


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _are_allowed_places(entries: list[str]) -> bool:
    try:
        parse_allowed(entries)
    except RuleError:
        return False
    return True


def _is_storage(address: str) -> bool:
    try:
        parse_storage_address(address)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable.

    ``reader`` is the name of the environs method that types it; ``is_allowed`` accepts a typed
    value and ``allowed`` says which it accepts. A value is never repeated in a message: it may hold
    a password.
    """

    name: str
    reader: str
    default: Any
    meaning: str
    is_allowed: Callable[[Any], bool] = lambda value: True
    allowed: str = "any"


VARIABLES: tuple[Variable, ...] = (
    Variable("SECRET_KEY", "str", DEVELOPMENT_SECRET, "Signs sessions; production needs its own."),
    Variable(
        "DEBUG",
        "bool",
        False,
        "Whether pages of errors show settings and code: for developing; production refuses it.",
    ),
    Variable(
        "ALLOWED_HOSTS",
        "list",
        ["localhost", "127.0.0.1"],
        "Names the site answers to.",
        all,
        "host names with commas between",
    ),
    Variable(
        "CSRF_TRUSTED_ORIGINS",
        "list",
        [],
        "Origins that may post forms.",
        lambda origins: all(re.match(r"https?://.", origin) for origin in origins),
        "origins such as https://harken.example with commas between",
    ),
    Variable(
        "DATABASE_URL",
        "str",
        "",
        "Where the records are; without it, SQLite in the var folder.",
        _is_database,
        "postgres://USER:PASSWORD@HOST:PORT/NAME or sqlite:////FILE",
    ),
    Variable(
        "CELERY_BROKER_URL",
        "str",
        "filesystem://",
        "Broker between site and workers; `filesystem://` keeps messages in the var folder.",
        lambda address: "://" in address,
        "filesystem:// or an address such as redis://HOST:PORT/NUMBER",
    ),
    Variable(
        "HARKEN_VAR_DIR",
        "path",
        ROOT / "var",
        "Where data, media, jobs and messages live.",
        lambda folder: next(p for p in (folder, *folder.parents) if p.exists()).is_dir(),
        "made where missing",
    ),
    Variable(
        "STORAGE_URL",
        "str",
        "",
        "Object storage (S3 protocol) that `push_release` brings releases to.",
        _is_storage,
        SHAPE,
    ),
    Variable(
        "AWS_ACCESS_KEY_ID",
        "str",
        "",
        "Name for the object storage; without it, the machine's own role.",
    ),
    Variable("AWS_SECRET_ACCESS_KEY", "str", "", "Secret for the object storage."),
    Variable(
        "DOWNLOADS_BY_NGINX",
        "str",
        "",
        "Lets nginx send releases: an `internal` location and the folder that is its alias.",
        lambda text: re.fullmatch(r"/[^=]+=/.+", text) is not None,
        "/LOCATION/=/FOLDER",
    ),
    Variable(
        "SITE_ADDRESS",
        "str",
        "127.0.0.1:8000",
        "Where `serve` listens.",
        lambda address: re.fullmatch(r"\S+:[0-9]{1,5}", address) is not None,
        "HOST:PORT",
    ),
    Variable(
        "SITE_PROCESSES",
        "int",
        2,
        "Web server processes that `serve` starts.",
        lambda number: number >= 1,
        "1 or more",
    ),
    Variable(
        "HSTS_SUBDOMAINS",
        "bool",
        False,
        "Whether production tells browsers that all names below its own speak TLS only, for good.",
    ),
    Variable(
        "TRUSTED_PROXIES",
        "int",
        0,
        "Proxies of your own between the site and its visitors, each appending to "
        "X-Forwarded-For; whom that names is who tries to sign in. Production has at least one.",
        lambda number: 0 <= number <= 10,
        "0 to 10",
    ),
    Variable(
        "OIDC_ISSUER",
        "str",
        "",
        "OpenID Connect provider to sign in with, besides passwords.",
        lambda address: re.match(r"https?://.", address) is not None,
        "the issuer's address, below which it serves .well-known/openid-configuration",
    ),
    Variable("OIDC_NAME", "str", "single sign-on", "What the sign-in page calls the provider."),
    Variable("OIDC_CLIENT_ID", "str", "", "This site's name at the provider."),
    Variable("OIDC_CLIENT_SECRET", "str", "", "This site's secret at the provider."),
    Variable(
        "OIDC_OPEN",
        "bool",
        False,
        "Whether the provider lets in people without an invitation; they then have no role yet.",
    ),
    Variable(
        "OUTGOING_ALLOWED_HOSTS",
        "list",
        [],
        "Where the site may call out besides the public internet; see `operators.md`.",
        _are_allowed_places,
        "host names, addresses and networks such as hooks.lan,10.1.0.0/16 with commas between",
    ),
    Variable("FREESOUND_TOKEN", "str", "", "This site's API key at Freesound; see `freesound.md`."),
    Variable(
        "FREESOUND_OAUTH_TOKEN",
        "str",
        "",
        "OAuth2 access token at Freesound, for original recordings; it lasts 24 hours.",
    ),
    Variable(
        "FREESOUND_ADDRESS",
        "str",
        "https://freesound.org/apiv2/",
        "Where Freesound's API answers.",
        lambda address: re.match(r"https?://.+/\Z", address) is not None,
        "an address that ends in a slash",
    ),
    Variable(
        "WORKER_SILENCE_S",
        "int",
        30,
        "A running job whose worker is gone and silent for longer is sent again.",
        lambda seconds: seconds >= 1,
        "seconds, 1 or more",
    ),
    Variable(
        "API_REQUESTS_PER_MINUTE",
        "int",
        600,
        "Requests to the API that one token or person may make in a minute; an address, a tenth.",
        lambda number: number >= 1,
        "1 or more",
    ),
    Variable(
        "LOG_LEVEL",
        "str",
        "INFO",
        "Least severe message that is logged.",
        LOG_LEVELS.__contains__,
        f"one of {', '.join(LOG_LEVELS)}",
    ),
    Variable(
        "LOG_FORMAT",
        "str",
        "text",
        "How logs are written; `json` is a JSON object a line, for production.",
        ("text", "json").__contains__,
        "text or json",
    ),
    Variable(
        "METRICS_TOKEN",
        "str",
        "",
        "Lets whoever shows it as a bearer token read /metrics, also through the proxy.",
        lambda token: len(token) >= 20,
        "20 characters or more",
    ),
    Variable(
        "METRICS_NETWORKS",
        "list",
        ["127.0.0.0/8", "::1/128"],
        "Networks that may read /metrics without a token, where no proxy stands between.",
        lambda networks: all(_is_network(network) for network in networks),
        "networks such as 10.0.0.0/8 with commas between",
    ),
)


def read_environment() -> dict[str, Any]:
    """Return every variable's typed value, by name.

    Raises
    ------
    SystemExit
        A value is not allowed, or the file that ``HARKEN_ENV_FILE`` names is not there; the
        message names the variable and says what it takes.
    """
    env = Env()
    named = os.environ.get("HARKEN_ENV_FILE", "").strip()
    file = Path(named or ROOT / ".env")
    if file.is_dir() or (named and not file.exists()):
        raise SystemExit(f"HARKEN_ENV_FILE names {file}, which is no file; correct or unset it.")
    env.read_env(file, recurse=False)
    return {variable.name: _read(env, variable) for variable in VARIABLES}


def _read(env: Env, variable: Variable) -> Any:
    if not env.str(variable.name, "").strip():
        return variable.default
    try:
        value = getattr(env, variable.reader)(variable.name)
        if variable.reader == "list":
            value = [item.strip() for item in value]
    except EnvError:
        is_allowed = False
    else:
        is_allowed = variable.is_allowed(value)
    if not is_allowed:
        kind = TYPE_NAMES[variable.reader]
        raise SystemExit(
            f"{variable.name} has a value it cannot take; it is a {kind}: {variable.allowed}."
        )
    return value


def settings_table() -> str:
    """Return the table of ``docs/settings.md``: a row for each variable."""
    rows = [
        f"| `{v.name}` | {TYPE_NAMES[v.reader]}: {v.allowed} | {_shown(v.default)} | {v.meaning} |"
        for v in VARIABLES
    ]
    return "\n".join(["| variable | type | default | meaning |", "|---|---|---|---|", *rows]) + "\n"


def _shown(default: Any) -> str:
    """Show a default as one would write it; folders as they lie below the checkout."""
    if isinstance(default, Path):
        default = default.relative_to(ROOT)
    text = ",".join(default) if isinstance(default, list) else str(default)
    return f"`{text}`" if text else "not set"
