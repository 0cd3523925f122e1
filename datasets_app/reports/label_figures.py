"""Figures of labels and decisions, of splits, of noise and of keyword rules."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from datasets_app.reports.drawing import (
    ALARM,
    FAINT,
    FIRST,
    FRAME_PX,
    MOST_NAMED,
    PLOT_PX,
    ROW_PX,
    SECOND,
    SOFT,
    THIRD,
    WARM,
    Figure,
    as_text,
    bounds_of,
    finish,
    interval_dots,
    short_names,
    stacked_rows,
)

Rows = Sequence[Mapping[str, Any]]
NOT_RELEASED = ("merged", "left out", "not released")


def label_counts_figure(rows: Rows) -> Figure:
    """Draw each class's labels before and after; rows as from ``label_counts.label_rows``.

    Above ``MOST_NAMED`` classes they stand by rank over a logarithmic axis, which has no place for
    a 0.
    """
    is_compact = len(rows) > MOST_NAMED
    ordered = rows if is_compact else list(reversed(rows))
    places = list(range(1, len(rows) + 1)) if is_compact else short_names(ordered)
    across, along = ("x", "y") if is_compact else ("y", "x")
    at = dict(enumerate(places))
    figure = go.Figure()
    kinds = (
        ("decided by people", "n_direct", lambda r: True, WARM, "circle-open"),
        ("released", "n_released", lambda r: r["fate"] == "released", FIRST, "circle"),
        ("not released by itself", "n_direct", lambda r: r["fate"] in NOT_RELEASED, ALARM, "x"),
    )
    if not is_compact:
        figure.add_trace(_links(ordered, places))
    for name, key, is_shown, colour, symbol in kinds:
        shown = [(at[i], row) for i, row in enumerate(ordered) if is_shown(row)]
        figure.add_scatter(
            **{across: [place for place, _ in shown], along: [row[key] for _, row in shown]},
            customdata=[[as_text(row["name"]), row["fate"]] for _, row in shown],
            hovertemplate=f"<b>%{{customdata[0]}}</b><br>%{{{along}}} clips, {name}<extra></extra>",
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 6 if is_compact else 9},
            name=name,
            cliponaxis=False,
        )
    if is_compact:
        figure.update_xaxes(title="class, by rank")
        figure.update_yaxes(title="clips (logarithmic)", type="log")
        return finish(figure, height_px=PLOT_PX + 60)
    figure.update_yaxes(categoryorder="array", categoryarray=places)
    figure.update_xaxes(title="clips (positive labels)", rangemode="tozero")
    return finish(figure, n_rows=len(rows))


def _links(rows: Rows, places: Sequence[str]) -> go.Scatter:
    """Return one trace of a line from before to after for each released class."""
    x: list[int | None] = []
    y: list[str | None] = []
    for row, place in zip(rows, places, strict=True):
        if row["fate"] == "released":
            x += [row["n_direct"], row["n_released"], None]
            y += [place, place, None]
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": SOFT[FIRST], "width": 3},
        hoverinfo="skip",
        showlegend=False,
    )


def decisions_figure(rows: Rows) -> Figure:
    """Draw how far each class has come; rows as from ``label_counts.decision_rows``."""
    kinds = [
        ("present", "n_present", FIRST),
        ("not present", "n_absent", WARM),
        ("unsure", "n_unsure", THIRD),
        ("conflict", "n_conflicted", ALARM),
        ("too few answers", "n_incomplete", SECOND),
        ("no answer yet", "n_unanswered", FAINT),
    ]
    used = [kind for kind in kinds if any(row[kind[1]] for row in rows)]
    return stacked_rows(rows, used, "nominations")


def wanted_figure(rows: Rows) -> Figure:
    """Draw how many answers each class still wants."""
    return stacked_rows(rows, [("answers wanted", "n_wanted", FIRST)], "answers still wanted")


def posteriors_figure(bins: Rows, *, threshold: float) -> Figure:
    """Draw how sure the decisions are, and the threshold at which a nomination stops asking."""
    width = bins[0]["high"] - bins[0]["low"]
    figure = go.Figure(
        go.Bar(
            x=[(row["low"] + row["high"]) / 2 for row in bins],
            y=[row["n"] for row in bins],
            width=width,
            customdata=[[row["low"], row["high"]] for row in bins],
            hovertemplate="<b>%{customdata[0]:.3f} to %{customdata[1]:.3f}</b><br>%{y} "
            "nominations<extra></extra>",
            marker={
                "color": [FIRST if row["low"] >= threshold - 1e-9 else SECOND for row in bins],
                "line": {"width": 0},
            },
        )
    )
    figure.add_vline(x=threshold, line={"color": WARM, "width": 2, "dash": "dot"})
    figure.update_layout(bargap=0.05)
    figure.update_xaxes(title="posterior, 0.5 to 1", range=[0.495, 1.005])
    figure.update_yaxes(title="nominations")
    return finish(figure, height_px=280)


def contamination_figure(rows: Rows) -> Figure:
    """Draw the contamination of each strategy; rows have label, within_class, between_class."""
    ordered = list(reversed(rows))
    figure = go.Figure()
    for name, key, colour in (
        ("another class (BC)", "between_class", SECOND),
        ("the same class (WC)", "within_class", WARM),
    ):
        figure.add_bar(
            x=[row[key] for row in ordered],
            y=[row["label"] for row in ordered],
            orientation="h",
            hovertemplate=f"<b>%{{y}}</b><br>%{{x:.1%}} with {name}<extra></extra>",
            texttemplate="%{x:.0%}",
            textposition="outside",
            cliponaxis=False,
            marker={"color": colour},
            name=name,
        )
    figure.update_layout(barmode="group", bargroupgap=0.08)
    figure.update_xaxes(
        title="share of validation labels",
        tickformat=".0%",
        rangemode="tozero",
    )
    figure.update_yaxes(showgrid=False, ticksuffix="  ")
    return finish(figure, height_px=FRAME_PX + 2 * ROW_PX * len(rows))


def noise_figure(rows: Rows) -> Figure:
    """Draw the shares of labels confirmed and added; rows have name, confirmed, added.

    Each is a mapping with n, total, share, low and high; shares that are None are left out.
    """
    is_compact = len(rows) > MOST_NAMED
    ordered = rows if is_compact else list(reversed(rows))
    places = list(range(1, len(rows) + 1)) if is_compact else short_names(ordered)
    axis = "y" if is_compact else "x"
    figure = go.Figure()
    for name, key, colour in (("confirmed", "confirmed", FIRST), ("added", "added", WARM)):
        shown = [
            (place, row["name"], row[key])
            for place, row in zip(places, ordered, strict=True)
            if row[key]["share"] is not None
        ]
        figure.add_trace(
            interval_dots(
                [place for place, _, _ in shown],
                [share["share"] for _, _, share in shown],
                [bounds_of(share["share"], share) for _, _, share in shown],
                details=[
                    [as_text(title), share["low"], share["high"], share["n"], share["total"]]
                    for _, title, share in shown
                ],
                hover=f"<b>%{{customdata[0]}}</b><br>%{{{axis}:.1%}} {name} (95 % interval "
                "%{customdata[1]:.1%} to %{customdata[2]:.1%})<br>%{customdata[3]} of "
                "%{customdata[4]} labels",
                upright=is_compact,
                colour=colour,
                name=name,
            )
        )
    share_axis = {"title": "share of labels", "tickformat": ".0%", "range": [-0.02, 1.02]}
    if is_compact:
        figure.update_xaxes(title="class, from the least confirmed to the most")
        figure.update_yaxes(**share_axis)
        return finish(figure, height_px=PLOT_PX)
    figure.update_yaxes(categoryorder="array", categoryarray=places)
    figure.update_xaxes(**share_axis)
    return finish(figure, n_rows=len(rows))


def mapping_figure(rows: Rows) -> Figure:
    """Draw the share of NP and U of keyword rules, worst on top; rows have name, bad, n_matched.

    ``bad`` has n, total, share, low and high; its share is not None.
    """
    ordered = list(reversed(rows))
    figure = go.Figure(
        interval_dots(
            short_names(ordered),
            [row["bad"]["share"] for row in ordered],
            [(row["bad"]["low"], row["bad"]["high"]) for row in ordered],
            details=[
                [as_text(row["name"]), *(row["bad"][key] for key in ("low", "high", "n", "total"))]
                for row in ordered
            ],
            hover="<b>%{customdata[0]}</b><br>%{x:.1%} of the answers are NP or U (95 % interval "
            "%{customdata[1]:.1%} to %{customdata[2]:.1%})<br>%{customdata[3]} of "
            "%{customdata[4]} answers",
        )
    )
    figure.update_xaxes(title="share of answers NP or U", tickformat=".0%", range=[-0.02, 1.02])
    return finish(figure, n_rows=len(rows))
