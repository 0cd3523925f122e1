"""Writes ``deploy/harken.env.sample`` from the list of variables; a test keeps the two equal.

::

    python -m annotator.settings.env_sample > deploy/harken.env.sample
"""

import textwrap
from pathlib import Path

from annotator.settings.env import ROOT, TYPE_NAMES, VARIABLES, Variable

TO_SET = {
    "SECRET_KEY": "",  # nosec B105
    "ALLOWED_HOSTS": "harken.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://harken.example.org",
    "DATABASE_URL": "postgres://harken:PASSWORD@127.0.0.1:5432/harken",
    "CELERY_BROKER_URL": "redis://127.0.0.1:6379/0",
    "HARKEN_VAR_DIR": "/var/lib/harken",
    "TRUSTED_PROXIES": "1",
    "LOG_FORMAT": "json",
    "DOWNLOADS_BY_NGINX": "/protected/=/var/lib/harken/releases",
}
"""What a production site sets, with the values of ``docs/operate.md``."""

HEAD = """\
# Harken's environment, one NAME=value a line, without quotes: systemd (EnvironmentFile), Docker
# (env_file) and Harken itself (HARKEN_ENV_FILE) read it alike. Keep it readable by root and the
# site's user alone: it holds secrets. Lines that begin with # are the defaults.
# Written from annotator/settings/env.py; docs/settings.md has the same list as a table.
"""


def sample_text() -> str:
    """Return the whole file."""
    wanted = [v for v in VARIABLES if v.name in TO_SET]
    others = [v for v in VARIABLES if v.name not in TO_SET]
    parts = [HEAD, "# What every production site sets\n", *map(_entry, wanted)]
    return "\n".join([*parts, "# What it may set besides\n", *map(_entry, others)])


def _entry(variable: Variable) -> str:
    kind = f"{TYPE_NAMES[variable.reader]}: {variable.allowed}"
    comment = textwrap.fill(
        f"{variable.meaning} ({kind})",
        98,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    if variable.name in TO_SET:
        return f"{comment}\n{variable.name}={TO_SET[variable.name]}\n"
    return f"{comment}\n#{variable.name}={_shown(variable.default)}\n"


def _shown(default: object) -> str:
    if isinstance(default, Path):
        default = default.relative_to(ROOT)
    if isinstance(default, bool):
        return "yes" if default else "no"
    return ",".join(default) if isinstance(default, list) else str(default)


if __name__ == "__main__":
    print(sample_text(), end="")
