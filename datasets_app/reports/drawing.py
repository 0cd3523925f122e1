"""What every figure shares: colours, rows, intervals, and the frame around them.

Figures are neutral to light and dark: no ground of their own, and colours that hold on both. A page
may overwrite ``font.color`` and the grid colours with its own tokens. Every name is escaped, for
plotly.js reads a subset of HTML in text.
"""

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

ANSWER_COLOURS = {"PP": "#3f5fd0", "PNP": "#a5b6f3", "NP": "#d98f35", "U": "#747a86"}
"""They differ in lightness as well as in hue."""
INK, GRID = "#747a86", "rgba(128,134,146,0.22)"
FIRST, SECOND, THIRD, WARM = "#3f5fd0", "#a5b6f3", "#747a86", "#d98f35"
ALARM, FAINT = "#b8325f", "rgba(128,134,146,0.4)"
SOFT = {FIRST: "rgba(63,95,208,0.4)", WARM: "rgba(217,143,53,0.45)"}
"""Intervals: paler than their dots on light and on dark."""
SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", sans-serif'
ROW_PX, FRAME_PX, PLOT_PX = 26, 84, 360
MOST_NAMED = 60
"""Above so many rows, a figure takes a compact form: a cloud, or a rank instead of a name."""

Figure = dict[str, Any]


def stacked_rows(
    rows: Sequence[Mapping[str, Any]], kinds: Sequence[tuple[str, str, str]], unit: str
) -> Figure:
    """Draw counts one after the other, a row for each class; kinds are (label, key, colour).

    Above ``MOST_NAMED`` classes they stand by rank, the last row first, with names on hover alone.
    """
    is_compact = len(rows) > MOST_NAMED
    ordered = list(reversed(rows)) if is_compact else rows
    places = list(range(1, len(rows) + 1)) if is_compact else short_names(rows)
    figure = go.Figure()
    for label, key, colour in kinds:
        counts = [row[key] for row in ordered]
        value = "%{y}" if is_compact else "%{x}"
        figure.add_bar(
            **({"x": places, "y": counts} if is_compact else {"x": counts, "y": places}),
            orientation="v" if is_compact else "h",
            customdata=[[as_text(row["name"])] for row in ordered],
            hovertemplate=f"<b>%{{customdata[0]}}</b><br>{value} {label}<extra></extra>",
            marker={"color": colour, "line": {"width": 0}},
            name=label,
        )
    figure.update_layout(barmode="stack")
    if is_compact:
        figure.update_layout(bargap=0)
        figure.update_xaxes(title="class, by rank")
        figure.update_yaxes(title=unit, rangemode="tozero")
        return finish(figure, height_px=PLOT_PX)
    figure.update_xaxes(title=unit, rangemode="tozero")
    return finish(figure, n_rows=len(rows))


def interval_dots(
    places: Sequence[Any],
    values: Sequence[float],
    bounds: Sequence[tuple[float, float]],
    *,
    details: Sequence[Sequence[Any]],
    hover: str,
    upright: bool = False,
    colour: str = FIRST,
    name: str = "",
) -> go.Scatter:
    """Return dots with their intervals, lying along x, or along y when ``upright``.

    ``details`` are what ``hover`` names ``customdata``.
    """
    pairs = list(zip(values, bounds, strict=True))
    across, along = ("x", "y") if upright else ("y", "x")
    return go.Scatter(
        **{across: list(places), along: list(values)},
        **{
            f"error_{along}": {
                "type": "data",
                "symmetric": False,
                "array": [high - value for value, (_, high) in pairs],
                "arrayminus": [value - low for value, (low, _) in pairs],
                "color": SOFT[colour],
                "thickness": 3 if len(pairs) <= MOST_NAMED else 2,
                "width": 0,
            }
        },
        mode="markers",
        marker={"color": colour, "size": 9 if len(pairs) <= MOST_NAMED else 5},
        customdata=[list(row) for row in details],
        hovertemplate=hover + "<extra></extra>",
        name=name,
        showlegend=bool(name),
        cliponaxis=False,
    )


def finish(figure: go.Figure, *, n_rows: int = 0, height_px: int | None = None) -> Figure:
    """Give a figure the common look; rows decide its height unless it is given."""
    common = {"gridcolor": GRID, "zeroline": False, "linecolor": GRID, "automargin": True}
    figure.update_xaxes(title_font_size=13, **common)
    figure.update_yaxes(title_font_size=13, **common)
    if height_px is None:
        figure.update_yaxes(showgrid=False, ticksuffix="  ")
        figure.update_yaxes(range=[-0.7, n_rows - 0.3])
        figure.update_layout(bargap=0.3)
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": SANS, "size": 13, "color": INK},
        hoverlabel={"font": {"family": SANS, "size": 13}, "align": "left"},
        margin={"l": 8, "r": 16, "t": 8, "b": 8},
        height=height_px or FRAME_PX + ROW_PX * max(1, n_rows),
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        dragmode=False,
    )
    drawn: Figure = json.loads(figure.to_json())
    return drawn


def bounds_of(value: float, interval: Mapping[str, Any]) -> tuple[float, float]:
    """Return an interval's bounds, or the value itself where there is none."""
    low, high = interval["low"], interval["high"]
    return (value if low is None else low), (value if high is None else high)


def short_names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return axis names, cut to fit; two classes that would look alike are told apart by dots."""
    shown: list[str] = []
    for row in rows:
        name = row["name"] if len(row["name"]) <= 24 else row["name"][:23].rstrip(" ,_") + "…"
        name = as_text(name)
        while name in shown:
            name += "·"
        shown.append(name)
    return shown


def as_text(name: str) -> str:
    """Return a name that plotly.js takes for text alone."""
    return html.escape(name, quote=False)
