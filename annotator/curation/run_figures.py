"""The plots of the run page and of the comparison."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from datasets_app.jobs.evaluation_result import Estimate, Evaluation
from datasets_app.reports.drawing import FIRST, INK, SECOND, SOFT, Figure, finish, short_names
from datasets_app.reports.figures import training_curves_figure

MOST_SHOWN = 60
"""Classes that the plot names; the table has all."""


def run_figures(curves: Sequence[dict[str, Any]], evaluation: Evaluation | None) -> dict[str, Any]:
    """Return the figures that there is something to show for, by name."""
    found: dict[str, Any] = {}
    if curves:
        found["curves"] = training_curves_figure(curves)
    if evaluation is not None:
        found["classes"] = class_precision_figure(evaluation)
        found["reliability"] = reliability_figure(evaluation)
    return found


def class_precision_figure(evaluation: Evaluation) -> Figure:
    """Draw each class's average precision with its interval, and its chance level."""
    known = [row for row in evaluation.classes if row.average_precision.value is not None]
    rows = sorted(known, key=lambda row: (row.average_precision.value or 0, row.name))[-MOST_SHOWN:]
    names = short_names([{"name": row.name} for row in rows])
    figure = go.Figure()
    figure.add_scatter(
        x=[row.average_precision.value for row in rows],
        y=names,
        error_x=_error_bars([row.average_precision for row in rows]),
        mode="markers",
        marker={"color": FIRST, "size": 8},
        name=_("average precision"),
        hovertemplate="<b>%{y}</b><br>%{x:.3f}<extra></extra>",
    )
    figure.add_scatter(
        x=[row.chance for row in rows],
        y=names,
        mode="markers",
        marker={"color": INK, "size": 9, "symbol": "line-ns-open"},
        name=_("chance"),
        hovertemplate="<b>%{y}</b><br>%{x:.3f}<extra></extra>",
    )
    figure.update_xaxes(title=_("average precision, 0 to 1"), range=[-0.02, 1.02])
    return finish(figure, n_rows=len(rows))


def reliability_figure(evaluation: Evaluation) -> Figure:
    """Draw the share that is present against the mean score of each bin; on the line is honest."""
    bins = [b for b in evaluation.bins if b.n and b.share.value is not None]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": INK, "dash": "dot"}, name=_("calibrated")
    )
    bars = _error_bars([b.share for b in bins])
    figure.add_scatter(
        x=[b.mean_score for b in bins],
        y=[b.share.value for b in bins],
        error_y=bars,
        customdata=[b.n for b in bins],
        mode="lines+markers",
        line={"color": FIRST, "width": 2},
        marker={"size": 7, "color": FIRST},
        name=_("the model"),
        hovertemplate="%{x:.2f} → %{y:.2f}<br>%{customdata:,}<extra></extra>",
    )
    figure.update_xaxes(title=_("mean score of the bin"), range=[-0.02, 1.02])
    figure.update_yaxes(title=_("share that is present"), range=[-0.02, 1.02])
    return finish(figure, height_px=360)


def comparison_figure(named: Sequence[tuple[str, Estimate]]) -> Figure:
    """Draw the mAP of several runs with its interval, each by its name."""
    figure = go.Figure()
    figure.add_scatter(
        x=[found.value for _name, found in named],
        y=short_names([{"name": name} for name, _found in named]),
        error_x=_error_bars([found for _name, found in named]),
        mode="markers",
        marker={"color": FIRST, "size": 9, "line": {"color": SECOND, "width": 0}},
        hovertemplate="<b>%{y}</b><br>%{x:.3f}<extra></extra>",
        showlegend=False,
    )
    # xgettext:no-python-format
    figure.update_xaxes(title=_("mAP with its 95 % interval"))
    figure.update_yaxes(autorange="reversed")
    return finish(figure, n_rows=len(named))


def _error_bars(found: Sequence[Estimate]) -> dict[str, Any]:
    over = [_length(e.high, e.value) for e in found]
    under = [_length(e.value, e.low) for e in found]
    shown = {"color": SOFT[FIRST], "thickness": 3, "width": 0}
    return {"type": "data", "symmetric": False, "array": over, "arrayminus": under, **shown}


def _length(upper: float | None, lower: float | None) -> float:
    return 0.0 if upper is None or lower is None else max(0.0, upper - lower)
