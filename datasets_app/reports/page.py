"""The page that reports are written on: one file, whole or not at all."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from plotly.offline import get_plotlyjs

TEMPLATES = Path(__file__).parent / "templates"
_ENGINE = Engine(
    dirs=[str(TEMPLATES)],
    builtins=[
        "django.contrib.humanize.templatetags.humanize",
        "datasets_app.reports.figures_in_words",
    ],
)


def write_page(*, template: str, context: Mapping[str, Any], out: Path) -> Path:
    """Write a template that extends ``reports/page.html`` to ``out``, and return its path.

    An older file is replaced once the new one is complete. ``context`` has ``collection`` and
    ``figures``, by the id of their place on the page. The file needs no network: style, scripts,
    plotly.js and data are in it, and its content policy forbids the rest; the template escapes
    every name.
    """
    page = _ENGINE.get_template(template)
    text = page.render(Context({**context, "plotly_js": get_plotlyjs()}))
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return out
