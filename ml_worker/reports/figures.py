"""The figures of one run's report and of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ml_worker.reports.drawing import (
    FAINT,
    FIRST,
    MOST_NAMED,
    SERIES,
    WARM,
    Figure,
    Trace,
    as_text,
    finished,
    interval_dots,
    row_axis,
    short_names,
)

Row = Mapping[str, Any]


def curves_figure(runs: Sequence[tuple[str, Sequence[Row]]]) -> Figure:
    """Draw training loss and validation mAP over epochs of each run (name, rows of curves.jsonl).

    One run has a colour for each curve; several have a colour each.
    """
    data: list[Trace] = []
    for number, (name, rows) in enumerate(runs):
        for key, words, axis in (
            ("train_loss", "training loss", "y"),
            ("val_map", "validation mAP", "y2"),
        ):
            alone = WARM if key == "train_loss" else FIRST
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "x": [row["epoch"] for row in rows],
                    "y": [row.get(key) for row in rows],
                    "marker": {"size": 5},
                    "line": {
                        "color": alone if len(runs) == 1 else SERIES[number % len(SERIES)],
                        "width": 2,
                    },
                    "name": as_text(name),
                    "legendgroup": str(number),
                    "showlegend": axis == "y2",
                    "yaxis": axis,
                    "hovertemplate": f"{as_text(name)}<br>epoch %{{x}}<br>{words} %{{y:.4f}}"
                    "<extra></extra>",
                }
            )
    layout = {
        "xaxis": {"title": "epoch", "anchor": "y2"},
        "yaxis": {"title": "loss", "domain": [0.56, 1], "rangemode": "tozero"},
        "yaxis2": {"title": "mAP, 0 to 1", "domain": [0, 0.44], "rangemode": "tozero"},
        "showlegend": len(runs) > 1,
    }
    return finished(data, layout, height_px=440)


def classes_figure(rows: Sequence[Row]) -> Figure:
    """Draw each class's average precision with its interval beside its prevalence (chance).

    ``rows`` are of metrics.json's ``per_class``, with ``name`` as it is to be read; those without a
    positive clip are left out.
    """
    kept = [row for row in rows if row["average_precision"]["value"] is not None]
    kept.sort(key=lambda row: (row["average_precision"]["value"], row["name"]))
    is_compact = len(kept) > MOST_NAMED
    places = list(range(1, len(kept) + 1)) if is_compact else short_names([r["name"] for r in kept])
    figures = [row["average_precision"] for row in kept]
    details = [
        [as_text(r["name"]), f["low"], f["high"], r["n_positive"], chance_of(r)]
        for r, f in zip(kept, figures, strict=True)
    ]
    value, along, across = ("%{y:.3f}", "y", "x") if is_compact else ("%{x:.3f}", "x", "y")
    dots = interval_dots(
        places,
        figures,
        upright=is_compact,
        details=details,
        name="average precision",
        hover=f"<b>%{{customdata[0]}}</b><br>average precision {value} (%{{customdata[1]:.3f}} to "
        "%{customdata[2]:.3f})<br>chance %{customdata[4]:.3f}, %{customdata[3]} positive clips",
    )
    chance = {
        "type": "scatter",
        "mode": "markers",
        across: places,
        along: [chance_of(row) for row in kept],
        "marker": {
            "color": WARM,
            "symbol": "line-ew" if is_compact else "line-ns",
            "size": 5 if is_compact else 12,
            "line": {"width": 3, "color": WARM},
        },
        "hoverinfo": "skip",
        "name": "chance (prevalence)",
    }
    scale = {"title": "average precision, 0 to 1", "range": [-0.02, 1.02]}
    if is_compact:
        layout = {"xaxis": {"title": "class, from the worst to the best"}, "yaxis": scale}
        return finished([chance, dots], layout | {"showlegend": True}, height_px=420)
    layout = {"xaxis": scale, "yaxis": row_axis(places), "showlegend": True}
    return finished([chance, dots], layout, n_rows=len(kept))


def levels_figure(levels: Sequence[Row]) -> Figure:
    """Draw the mean average precision of each level of the ontology with its interval."""
    kept = list(reversed(levels))
    names = [as_text(level["name"]) for level in kept]
    details = [
        [n, f["map_macro"]["low"], f["map_macro"]["high"], f["n_classes"]]
        for n, f in zip(names, kept, strict=True)
    ]
    dots = interval_dots(
        names,
        [level["map_macro"] for level in kept],
        details=details,
        hover="<b>%{customdata[0]}</b><br>mAP %{x:.3f} (%{customdata[1]:.3f} to "
        "%{customdata[2]:.3f})<br>%{customdata[3]} classes",
    )
    scale = {"title": "mean average precision, 0 to 1", "range": [-0.02, 1.02]}
    return finished([dots], {"xaxis": scale, "yaxis": row_axis(names)}, n_rows=len(kept))


def reliability_figure(bins: Sequence[Row]) -> Figure:
    """Draw the share of positives against the score, and below how many entries each bin has."""
    scores = [b["mean_score"] for b in bins]
    ideal = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "line": {"color": WARM, "width": 2, "dash": "dot"},
        "hoverinfo": "skip",
        "name": "calibrated",
    }
    shares = [b["share_positive"] for b in bins]
    details = [[s["low"], s["high"], b["n_entries"]] for s, b in zip(shares, bins, strict=True)]
    dots = interval_dots(
        scores,
        shares,
        upright=True,
        details=details,
        name="this run",
        hover="mean score %{x:.3f}<br>positive %{y:.3f} (%{customdata[0]:.3f} to "
        "%{customdata[1]:.3f})<br>%{customdata[2]} entries",
    )
    dots |= {"mode": "lines+markers", "line": {"color": FIRST, "width": 1.5}}
    counts = {
        "type": "bar",
        "x": [(b["low"] + b["high"]) / 2 for b in bins],
        "y": [b["n_entries"] for b in bins],
        "width": [(b["high"] - b["low"]) * 0.9 for b in bins],
        "marker": {"color": FAINT},
        "yaxis": "y2",
        "customdata": [[b["low"], b["high"]] for b in bins],
        "hovertemplate": "%{y} entries with scores from %{customdata[0]:.2f} to "
        "%{customdata[1]:.2f}<extra></extra>",
        "showlegend": False,
    }
    layout = {
        "xaxis": {"title": "score", "range": [-0.02, 1.02], "anchor": "y2"},
        "yaxis": {"title": "share positive", "domain": [0.32, 1], "range": [-0.02, 1.02]},
        "yaxis2": {"title": "entries (log)", "domain": [0, 0.22], "type": "log", "dtick": 1},
        "showlegend": True,
    }
    return finished([ideal, dots, counts], layout, height_px=480)


def overall_figure(runs: Sequence[tuple[str, Row]]) -> Figure:
    """Draw one metric of several runs (name, figure) with intervals, the first run on top."""
    kept = [(number, name, f) for number, (name, f) in enumerate(runs) if f["value"] is not None]
    kept.reverse()
    names = short_names([name for _, name, _ in kept])
    data = [
        interval_dots(
            [place],
            [f],
            details=[[as_text(name), f["low"], f["high"]]],
            colour=SERIES[number % len(SERIES)],
            hover="<b>%{customdata[0]}</b><br>%{x:.3f} (%{customdata[1]:.3f} to "
            "%{customdata[2]:.3f})",
        )
        for place, (number, name, f) in zip(names, kept, strict=True)
    ]
    scale = {"title": "mAP, macro, with 95 % interval", "rangemode": "normal"}
    return finished(data, {"xaxis": scale, "yaxis": row_axis(names)}, n_rows=len(kept))


def scatter_figure(
    first: str, others: Sequence[tuple[str, Sequence[tuple[str, float, float]]]]
) -> Figure:
    """Draw each class's average precision in other runs against the first run.

    ``others`` are (run, [(class, value in the first, value in this)]).
    """
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "line": {"color": FAINT, "width": 2, "dash": "dot"},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    data: list[Trace] = [line]
    for number, (name, points) in enumerate(others, start=1):
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [x for _, x, _ in points],
                "y": [y for _, _, y in points],
                "customdata": [[as_text(c)] for c, _, _ in points],
                "marker": {"color": SERIES[number % len(SERIES)], "size": 9, "opacity": 0.8},
                "name": as_text(name),
                "hovertemplate": f"<b>%{{customdata[0]}}</b><br>{as_text(first)} %{{x:.3f}}<br>"
                f"{as_text(name)} %{{y:.3f}}<extra></extra>",
                "cliponaxis": False,
            }
        )
    title = as_text(others[0][0]) if len(others) == 1 else "the other runs"
    scale = {"range": [-0.02, 1.02]}
    layout = {
        "xaxis": scale | {"title": f"average precision, {as_text(first)}"},
        "yaxis": scale | {"title": f"average precision, {title}"},
        "showlegend": len(others) > 1,
    }
    return finished(data, layout, height_px=520)


def chance_of(row: Row) -> float:
    """Return a class's prevalence among its decided clips: the average precision of a guess."""
    n_clips = row["n_positive"] + row["n_negative"]
    return row["n_positive"] / n_clips if n_clips else 0.0
