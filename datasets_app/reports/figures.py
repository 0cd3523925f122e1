"""Figures as plain data for plotly.js: ``{"data": [...], "layout": {...}}``.

They are neutral to light and dark: no ground of their own, and colours that hold on both. A page
may overwrite ``font.color`` and the grid colours with its own tokens. Rows are classes, from top
to bottom, so that names can be read and a phone only has to scroll. Every name is escaped, for
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
SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", sans-serif'
ROW_PX, FRAME_PX = 26, 84
MOST_NAMED = 60
"""Above so many classes, scores are drawn as a cloud instead of a row each."""

Figure = dict[str, Any]


def agreement_figure(agreement: Mapping[str, Any]) -> Figure:
    """Draw Krippendorff's α of each class with its 95 % interval, and the overall α as a line.

    ``agreement`` is the report of ``datasets_app.votes.agreement.report_agreement``. Classes whose
    α is undefined are left out.
    """
    rows = [row for row in agreement["classes"] if row["alpha"] is not None]
    rows.sort(key=lambda row: (row["alpha"], row["name"]))
    bounds = [_bounds(row["alpha"], row["alpha_interval"]) for row in rows]
    figure = go.Figure(
        go.Scatter(
            x=[row["alpha"] for row in rows],
            y=_names(rows),
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - row["alpha"] for row, (_, high) in zip(rows, bounds, strict=True)],
                "arrayminus": [
                    row["alpha"] - low for row, (low, _) in zip(rows, bounds, strict=True)
                ],
                "color": SECOND,
                "thickness": 3,
                "width": 0,
            },
            mode="markers",
            marker={"color": FIRST, "size": 9},
            customdata=[
                [_text(row["name"]), low, high, row["n_ratings"], row["n_units"]]
                for row, (low, high) in zip(rows, bounds, strict=True)
            ],
            hovertemplate="<b>%{customdata[0]}</b><br>α %{x:.3f} (95 % interval "
            "%{customdata[1]:.3f} to %{customdata[2]:.3f})<br>%{customdata[3]} answers to "
            "%{customdata[4]} nominations<extra></extra>",
            showlegend=False,
        )
    )
    overall = agreement["overall"]["alpha"]
    if overall is not None:
        figure.add_vline(x=overall, line={"color": WARM, "width": 2, "dash": "dot"})
    figure.update_xaxes(title="Krippendorff’s α (1: all agree)")
    return _finish(figure, n_rows=len(rows))


def class_counts_figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the clips of each class by part; rows have name, n_train, n_val and n_eval."""
    ordered = sorted(rows, key=lambda r: (r["n_train"] + r["n_val"] + r["n_eval"], r["name"]))
    parts = (("train", FIRST), ("val", SECOND), ("eval", WARM))
    return _stacked_rows(
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
    return _stacked_rows(ordered, kinds, "flags")


def training_curves_figure(curves: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw training loss and validation mAP over epochs, one above the other.

    ``curves`` are the rows of curves.jsonl: epoch, train_loss, val_map, lr, seconds.
    """
    epochs = [row["epoch"] for row in curves]
    detail = [[row["lr"], row["seconds"]] for row in curves]
    hover = "epoch %{x}<br>%{y:.4f}<br>learning rate %{customdata[0]:.2g}, "
    hover += "%{customdata[1]:.1f} s<extra>%{fullData.name}</extra>"
    figure = go.Figure()
    for key, name, colour, axis in (
        ("train_loss", "training loss", WARM, "y"),
        ("val_map", "validation mAP", FIRST, "y2"),
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
        xaxis={"title": {"text": "epoch"}, "anchor": "y2"},
        yaxis={
            "title": {"text": "loss"},
            "domain": [0.56, 1],
            "rangemode": "tozero",
        },
        yaxis2={"title": {"text": "mAP, 0 to 1"}, "domain": [0, 0.44], "rangemode": "tozero"},
        showlegend=False,
    )
    return _finish(figure, height_px=420)


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
    """Draw the clips of each uploader, largest first; rows have uploader, n_clips and side."""
    ordered = sorted(rows, key=lambda r: (-r["n_clips"], r["uploader"]))
    figure = go.Figure()
    for side, colour in (("dev", FIRST), ("eval", WARM)):
        ranked = [(i, r) for i, r in enumerate(ordered, start=1) if r["side"] == side]
        figure.add_bar(
            x=[rank for rank, _ in ranked],
            y=[row["n_clips"] for _, row in ranked],
            customdata=[[_text(row["uploader"])] for _, row in ranked],
            hovertemplate="<b>%{customdata[0]}</b><br>%{y} clips, rank %{x}"
            f"<extra>{side}</extra>",
            marker={"color": colour},
            name=side,
        )
    figure.update_layout(bargap=0.15, barmode="overlay")
    figure.update_xaxes(title="uploader, by rank")
    figure.update_yaxes(title="clips")
    return _finish(figure, height_px=320)


def _scores_as_rows(rows: list[dict[str, Any]]) -> Figure:
    names = _names(rows)
    detail = [[_text(r["name"]), r["n_positive"], r["chance"]] for r in rows]
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
    return _finish(figure, n_rows=len(rows))


def _scores_as_cloud(rows: list[dict[str, Any]]) -> Figure:
    figure = go.Figure()
    figure.add_scatter(
        x=[r["chance"] for r in rows],
        y=[r["average_precision"] for r in rows],
        customdata=[[_text(r["name"]), r["n_positive"]] for r in rows],
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
    return _finish(figure, height_px=460)


def _stacked_rows(
    rows: Sequence[Mapping[str, Any]], kinds: Sequence[tuple[str, str, str]], unit: str
) -> Figure:
    figure = go.Figure()
    for label, key, colour in kinds:
        figure.add_bar(
            x=[row[key] for row in rows],
            y=_names(rows),
            orientation="h",
            customdata=[[_text(row["name"])] for row in rows],
            hovertemplate="<b>%{customdata[0]}</b><br>%{x} " + label + "<extra></extra>",
            marker={"color": colour},
            name=label,
        )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title=unit, rangemode="tozero")
    return _finish(figure, n_rows=len(rows))


def _finish(figure: go.Figure, *, n_rows: int = 0, height_px: int | None = None) -> Figure:
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


def _bounds(value: float, interval: Mapping[str, Any]) -> tuple[float, float]:
    low, high = interval["low"], interval["high"]
    return (value if low is None else low), (value if high is None else high)


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return axis names, cut to fit; two classes that would look alike are told apart by dots."""
    shown: list[str] = []
    for row in rows:
        name = row["name"] if len(row["name"]) <= 24 else row["name"][:23].rstrip(" ,_") + "…"
        name = _text(name)
        while name in shown:
            name += "·"
        shown.append(name)
    return shown


def _text(name: str) -> str:
    return html.escape(name, quote=False)
