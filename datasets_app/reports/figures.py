"""Figures as plain data for plotly.js: ``{"data": [...], "layout": {...}}``.

They are neutral to light and dark: no ground of their own, and colours that hold on both. A page
may overwrite ``font.color`` and the grid colours with its own tokens. Rows are classes, from top
to bottom, so that names can be read and a phone only has to scroll. Every name is escaped, for
plotly.js reads a subset of HTML in text.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from datasets_app.reports.drawing import (
    FIRST,
    MOST_NAMED,
    PLOT_PX,
    SECOND,
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

LOGARITHMIC_FROM = 100


def agreement_figure(agreement: Mapping[str, Any]) -> Figure:
    """Draw Krippendorff's α of each class with its 95 % interval, and the overall α as a line.

    ``agreement`` is the report of ``datasets_app.votes.agreement.report_agreement``. Classes whose
    α is undefined are left out; above ``MOST_NAMED`` the others stand by rank.
    """
    rows = [row for row in agreement["classes"] if row["alpha"] is not None]
    rows.sort(key=lambda row: (row["alpha"], row["name"]))
    bounds = [bounds_of(row["alpha"], row["alpha_interval"]) for row in rows]
    is_compact = len(rows) > MOST_NAMED
    alpha, title = ("%{y:.3f}" if is_compact else "%{x:.3f}"), _("Krippendorff’s α (1: all agree)")
    figure = go.Figure(
        interval_dots(
            range(1, len(rows) + 1) if is_compact else short_names(rows),
            [row["alpha"] for row in rows],
            bounds,
            upright=is_compact,
            details=[
                [as_text(row["name"]), low, high, row["n_ratings"], row["n_units"]]
                for row, (low, high) in zip(rows, bounds, strict=True)
            ],
            hover=f"<b>%{{customdata[0]}}</b><br>α {alpha} (95 %: "
            "%{customdata[1]:.3f} – %{customdata[2]:.3f})<br>"
            + _("{answers} answers to {nominations} nominations").format(
                answers="%{customdata[3]}", nominations="%{customdata[4]}"
            ),
        )
    )
    line = {"color": WARM, "width": 2, "dash": "dot"}
    overall = agreement["overall"]["alpha"]
    if is_compact:
        figure.add_hline(y=overall, line=line)
        figure.update_xaxes(title=_("class, from the least agreement to the most"))
        figure.update_yaxes(title=title)
        return finish(figure, height_px=PLOT_PX)
    if overall is not None:
        figure.add_vline(x=overall, line=line)
    figure.update_xaxes(title=title)
    return finish(figure, n_rows=len(rows))


def class_counts_figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the clips of each class by part; rows have name, n_train, n_val and n_eval."""
    ordered = sorted(rows, key=lambda r: (r["n_train"] + r["n_val"] + r["n_eval"], r["name"]))
    parts = (("train", FIRST), ("val", SECOND), ("eval", WARM))
    return stacked_rows(
        ordered, [(part, f"n_{part}", colour) for part, colour in parts], "clips (positive labels)"
    )


def flags_figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw what people said of each class's flags; rows have name, n_right, n_wrong, n_open."""
    ordered = sorted(rows, key=lambda r: (r["n_right"], -r["n_wrong"], r["name"]))
    kinds = [
        ("the sound is there", "n_right", FIRST),
        ("not there", "n_wrong", WARM),
        ("no decision", "n_open", THIRD),
    ]
    return stacked_rows(ordered, kinds, "flags")


def training_curves_figure(curves: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw training loss and validation mAP over epochs, one above the other.

    ``curves`` are the rows of curves.jsonl: epoch, train_loss, val_map, lr, seconds.
    """
    epochs = [row["epoch"] for row in curves]
    detail = [[row["lr"], row["seconds"]] for row in curves]
    hover = _("epoch {epoch}").format(epoch="%{x}") + "<br>%{y:.4f}<br>"
    hover += _("learning rate {rate}").format(rate="%{customdata[0]:.2g}") + ", "
    hover += "%{customdata[1]:.1f} s<extra>%{fullData.name}</extra>"
    figure = go.Figure()
    for key, name, colour, axis in (
        ("train_loss", _("training loss"), WARM, "y"),
        ("val_map", _("validation mAP"), FIRST, "y2"),
    ):
        figure.add_scatter(
            x=epochs,
            y=[row[key] for row in curves],
            customdata=detail,
            hovertemplate=hover,
            mode="lines+markers",
            marker={"size": 5},
            line={"color": colour, "width": 2},
            name=name,
            yaxis=axis,
        )
    figure.update_layout(
        xaxis={"title": {"text": _("epoch")}, "anchor": "y2"},
        yaxis={
            "title": {"text": _("loss")},
            "domain": [0.56, 1],
            "rangemode": "tozero",
        },
        yaxis2={"title": {"text": _("mAP, 0 to 1")}, "domain": [0, 0.44], "rangemode": "tozero"},
        showlegend=False,
    )
    return finish(figure, height_px=420)


def class_scores_figure(metrics: Mapping[str, Any]) -> Figure:
    """Draw each class's average precision on eval beside its chance level, the prevalence.

    ``metrics`` is metrics.json of a training run, or its ``eval`` part. Classes without a positive
    clip are left out.
    """
    of_eval = metrics.get("eval", metrics)
    n_clips = max(1, of_eval["n_clips"])
    rows = [
        {**row, "chance": row["n_positive"] / n_clips}
        for row in of_eval["per_class"]
        if row["average_precision"] is not None
    ]
    rows.sort(key=lambda row: (row["average_precision"], row["name"]))
    if len(rows) > MOST_NAMED:
        return _scores_as_cloud(rows)
    return _scores_as_rows(rows)


def uploader_sizes_figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the clips of each uploader, largest first; rows have uploader, n_clips and side.

    The axis of clips is logarithmic where the largest has ``LOGARITHMIC_FROM`` or more (inclusive).
    """
    ordered = sorted(rows, key=lambda r: (-r["n_clips"], r["uploader"]))
    figure = go.Figure()
    for side, colour in (("dev", FIRST), ("eval", WARM)):
        ranked = [(i, r) for i, r in enumerate(ordered, start=1) if r["side"] == side]
        figure.add_bar(
            x=[rank for rank, _ in ranked],
            y=[row["n_clips"] for _, row in ranked],
            customdata=[[as_text(row["uploader"])] for _, row in ranked],
            hovertemplate="<b>%{customdata[0]}</b><br>%{y} clips, rank %{x}"
            f"<extra>{side}</extra>",
            marker={"color": colour, "line": {"width": 0}},
            name=side,
        )
    figure.update_layout(bargap=0.15 if len(rows) <= MOST_NAMED else 0, barmode="overlay")
    figure.update_xaxes(title="uploader, by rank")
    figure.update_yaxes(title="clips")
    most = ordered[0]["n_clips"] if ordered else 0
    if most >= LOGARITHMIC_FROM:
        top = math.log10(most * 1.3)
        figure.update_yaxes(title="clips (logarithmic)", type="log", range=[-0.2, top], dtick=1)
    return finish(figure, height_px=320)


def _scores_as_rows(rows: list[dict[str, Any]]) -> Figure:
    names = short_names(rows)
    detail = [[as_text(r["name"]), r["n_positive"], r["chance"]] for r in rows]
    figure = go.Figure()
    figure.add_bar(
        x=[r["average_precision"] for r in rows],
        y=names,
        orientation="h",
        customdata=detail,
        hovertemplate="<b>%{customdata[0]}</b><br>average precision %{x:.3f}<br>chance "
        "%{customdata[2]:.3f}, %{customdata[1]} positive clips<extra></extra>",
        marker={"color": FIRST},
        name="average precision",
    )
    figure.add_scatter(
        x=[r["chance"] for r in rows],
        y=names,
        mode="markers",
        marker={
            "color": WARM,
            "symbol": "line-ns",
            "size": 14,
            "line": {"width": 3, "color": WARM},
        },
        hoverinfo="skip",
        name="chance (prevalence)",
    )
    figure.update_xaxes(title="average precision on eval, 0 to 1", range=[0, 1.02])
    return finish(figure, n_rows=len(rows))


def _scores_as_cloud(rows: list[dict[str, Any]]) -> Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=[r["chance"] for r in rows],
        y=[r["average_precision"] for r in rows],
        customdata=[[as_text(r["name"]), r["n_positive"]] for r in rows],
        hovertemplate="<b>%{customdata[0]}</b><br>average precision %{y:.3f}<br>prevalence "
        "%{x:.4f}, %{customdata[1]} positive clips<extra></extra>",
        mode="markers",
        marker={"color": FIRST, "size": 8},
        name="class",
    )
    ends = [min(r["chance"] for r in rows), max(r["chance"] for r in rows)]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": WARM, "dash": "dot"}, name="chance"
    )
    figure.update_xaxes(title="prevalence on eval (share of clips)", type="log")
    figure.update_yaxes(title="average precision, 0 to 1", range=[0, 1.02])
    return finish(figure, height_px=460)
