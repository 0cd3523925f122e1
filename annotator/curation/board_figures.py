"""The board's figures, for plotly.js; see ``datasets_app.reports.drawing``."""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import plotly.graph_objects as go
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from annotator.curation.board import MEAN_DAYS, ClassRow
from datasets_app.reports.drawing import (
    FAINT,
    FIRST,
    WARM,
    Figure,
    as_text,
    bounds_of,
    finish,
    interval_dots,
    short_names,
)


def answers_figure(days: Sequence[tuple[date, int]]) -> Figure:
    """Draw the answers of each day as bars, and the mean of seven days as a line."""
    counts = np.array([n for _day, n in days], float)
    padded = np.concatenate([[0.0], np.cumsum(counts)])
    mean = [
        (padded[i + 1] - padded[max(0, i + 1 - MEAN_DAYS)]) / min(i + 1, MEAN_DAYS)
        for i in range(len(days))
    ]
    shown = [day.isoformat() for day, _n in days]
    figure = go.Figure()
    figure.add_bar(
        x=shown,
        y=counts,
        name=_("answers"),
        marker={"color": FIRST, "line": {"width": 0}},
        customdata=[date_format(day, "D j M") for day, _n in days],
        hovertemplate="<b>%{customdata}</b><br>%{y:,} " + _("answers") + "<extra></extra>",
    )
    figure.add_scatter(
        x=shown,
        y=mean,
        name=_("mean of 7 days"),
        mode="lines",
        line={"color": WARM, "width": 2},
        hovertemplate="%{y:,.1f} " + _("a day, mean of 7 days") + "<extra></extra>",
    )
    figure.update_layout(bargap=0.2)
    figure.update_xaxes(title=_("day (UTC)"), type="date")
    figure.update_yaxes(title=_("answers"), rangemode="tozero")
    return finish(figure, height_px=280)


def goals_figure(rows: Sequence[ClassRow]) -> Figure:
    """Draw the decided clips of each class against its goal, both as a share of the goal."""
    shown = list(reversed(rows))
    names = short_names([{"name": row.name} for row in shown])
    figure = go.Figure()
    figure.add_bar(
        x=[min(1.0, row.n_decided / row.goal) for row in shown],
        y=names,
        orientation="h",
        marker={"color": FIRST, "line": {"width": 0}},
        name=_("decided"),
        customdata=[[as_text(row.name), row.n_decided, row.goal, row.n_open] for row in shown],
        hovertemplate="<b>%{customdata[0]}</b><br>"
        + _("{n} decided of a goal of {goal}").format(
            n="%{customdata[1]:,}", goal="%{customdata[2]:,}"
        )
        + "<br>%{customdata[3]:,} "
        + _("open")
        + "<extra></extra>",
    )
    figure.add_bar(
        x=[max(0.0, 1 - row.n_decided / row.goal) for row in shown],
        y=names,
        orientation="h",
        marker={"color": FAINT, "line": {"width": 0}},
        name=_("still missing"),
        hoverinfo="skip",
    )
    figure.update_layout(barmode="stack", showlegend=False)
    figure.update_xaxes(title=_("share of the goal"), tickformat=".0%", range=[0, 1])
    return finish(figure, n_rows=len(shown))


def agreement_figure(rows: Sequence[ClassRow]) -> Figure | None:
    """Draw α of each class with its interval; None where no class has one."""
    return _dots(
        rows,
        lambda row: row.report.get("alpha"),
        lambda row: row.report["alpha_interval"],
        _("Krippendorff’s α, 1: all agree"),
        "%{x:.2f}",
    )


def bad_mapping_figure(rows: Sequence[ClassRow]) -> Figure | None:
    """Draw the share of NP and U among answers to keyword nominations, with its interval."""
    figure = _dots(
        rows,
        lambda row: row.report.get("bad", {}).get("share"),
        lambda row: row.report["bad"],
        _("share of NP and U answers"),
        "%{x:.0%}",
        colour=WARM,
    )
    if figure is not None:
        figure["layout"]["xaxis"] |= {"tickformat": ".0%", "range": [0, 1.02]}
    return figure


def _dots(
    rows: Sequence[ClassRow],
    value: Callable[[ClassRow], float | None],
    interval: Callable[[ClassRow], dict[str, float]],
    title: str,
    hover: str,
    colour: str = FIRST,
) -> Figure | None:
    every = list(reversed(rows))
    names = short_names([{"name": row.name} for row in every])
    places = [i for i, row in enumerate(every) if value(row) is not None]
    shown = [every[i] for i in places]
    if not shown:
        return None
    values = [value(row) or 0.0 for row in shown]
    bounds = [bounds_of(v, interval(row)) for v, row in zip(values, shown, strict=True)]
    spread = hover.replace("%{x", "%{customdata[1]"), hover.replace("%{x", "%{customdata[2]")
    figure = go.Figure(
        interval_dots(
            [names[i] for i in places],
            values,
            bounds,
            details=[
                [as_text(row.name), low, high, row.report["n_answers"]]
                for row, (low, high) in zip(shown, bounds, strict=True)
            ],
            hover=f"<b>%{{customdata[0]}}</b><br>{hover} (95 %: {spread[0]} – {spread[1]})<br>"
            + "%{customdata[3]:,} "
            + _("answers"),
            colour=colour,
        )
    )
    figure.update_xaxes(title=title)
    figure.update_yaxes(categoryorder="array", categoryarray=names)  # rows as in the others
    return finish(figure, n_rows=len(every))
