"""Figures as plain data for plotly.js: ``{"data": [...], "layout": {...}}``.

They are neutral to light and dark: no ground of their own, and colours that hold on both; the page
overwrites text and grid colours with its own. Rows are classes, from top to bottom, so that names
can be read and a phone only has to scroll. Every name is escaped, for plotly.js reads a subset of
HTML in text.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

INK, GRID = "#747a86", "rgba(128,134,146,0.22)"
FIRST, WARM, THIRD, ALARM = "#3f5fd0", "#d98f35", "#747a86", "#b8325f"
SERIES = (FIRST, WARM, "#2f9e8f", ALARM, "#8a63d2", THIRD)
"""Colours of runs side by side, in order; a seventh begins again."""
FAINT = "rgba(128,134,146,0.45)"
SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", sans-serif'
ROW_PX, FRAME_PX = 26, 84
MOST_NAMED = 60
"""Above so many rows, a figure stands by rank, with names on hover alone."""

Figure = dict[str, Any]
Trace = dict[str, Any]


def finished(
    data: list[Trace],
    layout: Mapping[str, Any],
    *,
    n_rows: int | None = None,
    height_px: int | None = None,
) -> Figure:
    """Return a figure with the common look; named rows decide its height unless it is given."""
    common = {
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": GRID,
        "automargin": True,
    }
    whole = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": SANS, "size": 13, "color": INK},
        "hoverlabel": {"font": {"family": SANS, "size": 13}, "align": "left"},
        "margin": {"l": 8, "r": 16, "t": 8, "b": 8},
        "height": height_px or FRAME_PX + ROW_PX * max(1, n_rows or 0),
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "dragmode": False,
        "bargap": 0.3,
        "showlegend": False,
        **layout,
    }
    names = {name for name in whole if name.startswith(("xaxis", "yaxis"))} | {"xaxis", "yaxis"}
    for name in names:
        whole[name] = common | dict(whole.get(name, {}))
        title = whole[name].get("title")
        if isinstance(title, str):
            whole[name]["title"] = {"text": title, "font": {"size": 13}}
    return {"data": data, "layout": whole}


def row_axis(names: Sequence[str]) -> dict[str, Any]:
    """Return the axis of named rows, the first at the bottom."""
    return {
        "showgrid": False,
        "ticksuffix": "  ",
        "range": [-0.7, len(names) - 0.3],
        "type": "category",
    }


def interval_dots(
    places: Sequence[Any],
    figures: Sequence[Mapping[str, Any]],
    *,
    hover: str,
    details: Sequence[Sequence[Any]],
    colour: str = FIRST,
    upright: bool = False,
    name: str = "",
) -> Trace:
    """Return dots with their intervals, along x, or along y when ``upright``.

    ``figures`` have value, low and high; ``details`` are what ``hover`` names ``customdata``.
    """
    along, across = ("y", "x") if upright else ("x", "y")
    values = [f["value"] for f in figures]
    return {
        "type": "scatter",
        "mode": "markers",
        across: list(places),
        along: values,
        f"error_{along}": {
            "type": "data",
            "symmetric": False,
            "array": [_above(f) for f in figures],
            "arrayminus": [_below(f) for f in figures],
            "color": _soft(colour),
            "thickness": 3 if len(values) <= MOST_NAMED else 2,
            "width": 0,
        },
        "marker": {"color": colour, "size": 9 if len(values) <= MOST_NAMED else 5},
        "customdata": [list(row) for row in details],
        "hovertemplate": hover + "<extra></extra>",
        "name": name,
        "cliponaxis": False,
    }


def short_names(names: Sequence[str]) -> list[str]:
    """Return axis names, cut to fit; two that would look alike are told apart by dots."""
    shown: list[str] = []
    for name in names:
        short = name if len(name) <= 24 else name[:23].rstrip(" ,_") + "…"
        short = as_text(short)
        while short in shown:
            short += "·"
        shown.append(short)
    return shown


def as_text(name: str) -> str:
    """Return a name that plotly.js takes for text alone."""
    return html.escape(name, quote=False)


def _above(figure: Mapping[str, Any]) -> float:
    return 0.0 if figure["high"] is None else max(0.0, figure["high"] - figure["value"])


def _below(figure: Mapping[str, Any]) -> float:
    return 0.0 if figure["low"] is None else max(0.0, figure["value"] - figure["low"])


def _soft(colour: str) -> str:
    """Return a colour that is paler than ``#rrggbb`` on light and on dark."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.4)"
