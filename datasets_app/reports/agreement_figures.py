"""Figures of agreement: coefficients, weeks, annotators, pairs."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from datasets_app.reports.drawing import (
    FIRST,
    MOST_NAMED,
    PLOT_PX,
    WARM,
    Figure,
    as_text,
    bounds_of,
    finish,
    interval_dots,
    short_names,
)

WEEK_MS = 7 * 24 * 3600 * 1000
_HOVER = "<b>%{customdata[0]}</b><br>{value} (95 % interval %{customdata[1]:.3f} to "
_HOVER += "%{customdata[2]:.3f})"


def _on_hover(value: str) -> str:
    return _HOVER.replace("{value}", value)


def coefficients_figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the coefficients with intervals; rows have name, kind, value, interval."""
    ordered = list(reversed(rows))
    figure = go.Figure()
    for kind, colour in (("all four answers", FIRST), ("present or absent", WARM)):
        chosen = [row for row in ordered if row["kind"] == kind]
        bounds = [bounds_of(row["value"], row["interval"]) for row in chosen]
        figure.add_trace(
            interval_dots(
                [row["name"] for row in chosen],
                [row["value"] for row in chosen],
                bounds,
                details=[[r["name"], *b] for r, b in zip(chosen, bounds, strict=True)],
                hover=_on_hover("%{x:.3f}"),
                colour=colour,
                name=kind,
            )
        )
    figure.update_yaxes(categoryorder="array", categoryarray=[row["name"] for row in ordered])
    figure.update_xaxes(title="1: all agree, 0: as by chance")
    return finish(figure, n_rows=len(rows))


def weeks_figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw α over weeks; rows have week_of (a date), value, interval, n_ratings if known."""
    bounds = [bounds_of(row["value"], row["interval"]) for row in rows]
    figure = go.Figure(
        interval_dots(
            [row["week_of"] for row in rows],
            [row["value"] for row in rows],
            bounds,
            upright=True,
            details=[[r["week_of"], *b] for r, b in zip(rows, bounds, strict=True)],
            hover=_on_hover("α %{y:.3f}").replace("<b>", "<b>week of "),
        )
    )
    figure.update_traces(mode="lines+markers", line={"color": FIRST, "width": 1.5})
    figure.update_xaxes(
        title="week (its Monday)",
        type="date",
        tick0=rows[0]["week_of"],
        dtick=WEEK_MS * -(-len(rows) // 6),
        tickformat="%-d %b\n%Y",
    )
    figure.update_yaxes(title="Krippendorff’s α")
    return finish(figure, height_px=300)


def annotators_figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw each annotator's agreement with the rest over the number of their answers.

    Rows have annotator, n_votes, n_pairs, agreement_with_rest.
    """
    figure = go.Figure(
        go.Scatter(
            x=[row["n_votes"] for row in rows],
            y=[row["agreement_with_rest"] for row in rows],
            customdata=[[as_text(row["annotator"]), row["n_pairs"]] for row in rows],
            hovertemplate="<b>%{customdata[0]}</b><br>%{y:.1%} of %{customdata[1]} pairs with "
            "others are equal<br>%{x} answers<extra></extra>",
            mode="markers",
            marker={"color": FIRST, "size": 10, "opacity": 0.8},
        )
    )
    most = max((row["n_votes"] for row in rows), default=1)
    is_wide = most > 100 * min((row["n_votes"] for row in rows), default=1)
    axis = {"type": "log"} if is_wide else {}
    figure.update_xaxes(title="answers given", **axis)
    figure.update_yaxes(title="equal answers", tickformat=".0%")
    return finish(figure, height_px=PLOT_PX)


def pairs_figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw Cohen's κ of pairs, lowest on top; rows have annotators, kappa, interval, n_shared."""
    ordered = list(reversed(rows[:MOST_NAMED]))
    bounds = [bounds_of(row["kappa"], row["interval"]) for row in ordered]
    figure = go.Figure(
        interval_dots(
            short_names([{"name": " · ".join(row["annotators"])} for row in ordered]),
            [row["kappa"] for row in ordered],
            bounds,
            details=[
                [as_text(" and ".join(row["annotators"])), *between, row["n_shared"]]
                for row, between in zip(ordered, bounds, strict=True)
            ],
            hover=_on_hover("κ %{x:.3f}") + "<br>%{customdata[3]} nominations in common",
        )
    )
    figure.update_xaxes(title="Cohen’s κ (1: all, 0: as by chance)")
    return finish(figure, n_rows=len(ordered))
