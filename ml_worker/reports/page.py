"""The page that reports are written on: one file that needs no network, whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs

from ml_worker.reports.markup import Html, join, tag, void

STYLE, SCRIPT = (Path(__file__).with_name(name) for name in ("report.css", "report.js"))
CONTENT_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page with its anchor; sections without a body are left out."""

    anchor: str
    title: str
    body: Html


def write_page(
    out: Path,
    *,
    title: str,
    header: Html,
    sections: Sequence[Section],
    figures: Mapping[str, Any],
) -> int:
    """Write the page to ``out``, replacing an older one at once; return its size in bytes.

    ``figures`` are plotly figures by the name of their place (``figure``).
    """
    head = join(
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _policy(),
        void("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Html(STYLE.read_text(encoding="utf-8"))),
    )
    shown = [s for s in sections if s.body]
    body = join(
        tag("header", header, _contents(shown), class_="top"),
        tag("main", [_section(s) for s in shown]),
        tag(
            "footer", tag("p", "This file is complete in itself: it needs no network, and prints.")
        ),
        tag("script", _json_text(figures), id="figures", type="application/json"),
        tag("script", Html(get_plotlyjs())),
        tag("script", Html(SCRIPT.read_text(encoding="utf-8"))),
    )
    page = f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        partial.write_text(page, encoding="utf-8")
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return out.stat().st_size


def figure(name: str, caption: str, protocol: str) -> Html:
    """Return the place of a figure, with the protocol its numbers were taken under."""
    return tag(
        "figure",
        tag("figcaption", caption),
        tag("div", class_="plot", data_figure=name, role="img", aria_label=caption),
        protocol_line(protocol),
    )


def protocol_line(protocol: str) -> Html:
    """Return the line that goes with every figure and table."""
    return tag("p", tag("code", protocol), class_="protocol")


def facts(rows: Sequence[tuple[str, str, str]]) -> Html:
    """Return a line of large figures: name, value, and what stands small below it."""
    cells = [
        tag("div", tag("dt", name), tag("dd", value, tag("small", below)))
        for name, value, below in rows
    ]
    return tag("dl", cells, class_="facts")


def _policy() -> Html:
    return Html(f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">')


def _contents(sections: Sequence[Section]) -> Html:
    links = [tag("a", s.title, href=f"#{s.anchor}") for s in sections]
    return tag("nav", links, class_="contents", aria_label="Sections")


def _section(section: Section) -> Html:
    return tag("section", tag("h2", section.title), section.body, id=section.anchor)


def _json_text(value: Any) -> Html:
    """Return JSON that cannot end the script element it stands in."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return Html(text.replace("<", "\\u003c"))
