"""The parts of a run's report that show its figures; each takes the stored documents alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ml_worker.evaluation.measure import OVERALL
from ml_worker.reports.figures import chance_of
from ml_worker.reports.markup import Html, join, tag
from ml_worker.reports.page import figure, protocol_line
from ml_worker.reports.tables import SortedCell, sortable_table, table, values
from ml_worker.reports.words import NONE, decimals, interval, per_cent, plural

Row = Mapping[str, Any]
NameOf = Callable[[Row], str]

WORDS = {
    "map_macro": ("mAP, macro", "average precision, mean over classes"),
    "map_micro": ("mAP, micro", "average precision of all entries pooled"),
    "d_prime_of_mean_auc": ("d′ of the mean AUC", "√2 Φ⁻¹ of the mean ROC AUC"),
    "mean_d_prime": ("d′, mean over classes", "AUC kept half a pair from 0 and 1"),
    "lwlrap": ("lωlrap", "label-weighted label-ranking average precision"),
    "map_at_3": ("MAP@3", "for one label a clip"),
}
"""Name and meaning of each overall metric."""
CURVE_COLUMNS: tuple[tuple[str, str, Callable[[float | None], str]], ...] = (
    ("train_loss", "training loss", partial(decimals, places=4)),
    ("val_map", "validation mAP", partial(decimals, places=4)),
    ("lr", "learning rate", lambda value: NONE if value is None else f"{value:.2g}"),
    ("seconds", "seconds", partial(decimals, places=1)),
    ("patches_per_s", "patches/s", partial(decimals, places=0)),
    ("data_wait_share", "waiting for data", lambda value: per_cent(value, 1)),
)
"""Key in curves.jsonl, title and words; what no epoch has is left out."""
MOST_SIBLINGS_SHOWN = 12


def metrics_section(document: Row) -> Html:
    """Return the overall metrics with their intervals."""
    bootstrap, chance = document["bootstrap"], document["chance"]["map_macro"]["value"]
    rows = []
    for name in OVERALL:
        found, (title, meaning) = document["overall"][name], WORDS[name]
        if found["value"] is None and name == "map_at_3":
            continue
        rows.append(
            [
                join(title, tag("small", meaning)),
                decimals(found["value"]),
                interval(found),
                decimals(chance) if name == "map_macro" else "",
            ]
        )
    left_out = document["n_classes_left_out"]
    notes = (
        f"Intervals hold {per_cent(bootstrap['level'])} of {bootstrap['n_replicates']:,} "
        f"bootstrap replicates ({bootstrap['method']}, clips drawn with replacement, seed "
        f"{bootstrap['seed']})."
    )
    if left_out:
        notes += f" Left out: {plural(left_out, 'class')} without a positive clip."
    if document["overall"]["map_at_3"]["value"] is None:
        notes += " MAP@3 is not given: it is for clips with one label each."
    return join(
        tag("p", notes),
        table(["Metric", "value", "95 % interval", "chance"], rows),
        protocol_line(document["protocol"]["id"]),
    )


def curves_section(curves: Sequence[Row], summary: Row, protocol: str) -> Html:
    """Return loss and validation mAP over epochs; nothing if there are no curves."""
    if not curves:
        return Html()
    best = summary.get("best_epoch")
    lead = f"{plural(len(curves), 'epoch')} were trained"
    if isinstance(best, int):
        lead += f"; the weights are those of epoch {best}, the best by validation mAP"
    kept = [column for column in CURVE_COLUMNS if any(column[0] in row for row in curves)]
    rows = [[str(row["epoch"]), *(words(row.get(key)) for key, _, words in kept)] for row in curves]
    columns = ["Epoch", *(title for _, title, _ in kept)]
    caption = "Training loss (above) and validation mAP (below) over epochs."
    return join(tag("p", f"{lead}."), figure("curves", caption, protocol), values(columns, rows))


def classes_section(document: Row, name_of: NameOf) -> Html:
    """Return the classes: a figure, and a table that sorts and filters."""
    has_graph = document["levels"] is not None
    columns = ["Class", "AP", "95 % interval", "chance", "clips", "AUC", "d′", "ECE", "Brier"]
    columns += ["sibling above", "depth"] if has_graph else []
    masses = {row["mid"]: row["mass"] for row in document["siblings"] or ()}
    rows = [
        _class_cells(row, name_of(row), masses.get(row["mid"]), has_graph=has_graph)
        for row in sorted(document["per_class"], key=lambda r: name_of(r).lower())
    ]
    caption = "Average precision of each class with its 95 % interval, and its chance level."
    protocol = document["protocol"]["id"]
    return join(
        figure("classes", caption, protocol),
        sortable_table("per-class", "Show classes with", columns, rows),
        protocol_line(protocol),
    )


def _class_cells(row: Row, name: str, mass: float | None, *, has_graph: bool) -> list[SortedCell]:
    found = row["average_precision"]
    range_ = interval(found) if found["low"] is not None else NONE
    cells = [
        SortedCell(name, name.lower()),
        _number(found["value"]),
        SortedCell(tag("span", range_, class_="range"), found["low"]),
        _number(chance_of(row)),
        SortedCell(f"{row['n_positive']:,}", row["n_positive"]),
        _number(row["roc_auc"]["value"]),
        _number(row["d_prime"], 2),
        _number(row["ece"]),
        _number(row["brier"]),
    ]
    if has_graph:
        cells += [SortedCell(per_cent(mass), mass), _number(row["depth"], 0)]
    return cells


def siblings_section(document: Row, name_of: NameOf) -> Html:
    """Return which absent siblings score above a class that is there."""
    if document["siblings"] is None:
        return tag("p", "The release has no ontology, so no class has siblings.")
    judged = [row for row in document["siblings"] if row["mass"] is not None]
    if not judged:
        return tag("p", "No class with a positive clip has a sibling in the vocabulary.")
    judged.sort(key=lambda row: (-row["mass"], name_of(row)))
    confused = [row for row in judged if row["mass"] > 0][:MOST_SIBLINGS_SHOWN]
    others = judged[len(confused) :]
    lead = (
        "Of the clips that hold a class, the share in which a sibling that is absent scores above "
        "it (equal scores count half). A sibling shares a parent in the ontology. Below its "
        "name, which; beside it, how often one sibling, and one other class, does so on average."
    )
    rest = (
        tag(
            "details",
            tag("summary", f"{plural(len(others), 'more class')}"),
            _siblings_table(others, name_of),
        )
        if others
        else None
    )
    return join(
        tag("p", lead),
        _siblings_table(confused, name_of) if confused else tag("p", "No class is confused so."),
        rest,
        protocol_line(document["protocol"]["id"]),
    )


def levels_section(document: Row) -> Html:
    """Return the scores by level of the ontology."""
    if not document["levels"]:
        return Html()
    rows = [
        [
            level["name"],
            f"{level['n_classes']}",
            f"{level['n_positive']:,}",
            decimals(level["map_macro"]["value"]),
            interval(level["map_macro"]),
        ]
        for level in document["levels"]
    ]
    lead = (
        "Inner classes are implied by others of the vocabulary; leaves are not. Depth counts the "
        "steps to the nearest root of the ontology."
    )
    caption = "Mean average precision of the classes of each level, with 95 % intervals."
    columns = ["Level", "classes", "positives", "mAP", "95 % interval"]
    protocol = document["protocol"]["id"]
    return join(tag("p", lead), figure("levels", caption, protocol), values(columns, rows))


def calibration_section(calibration: Row) -> Html:
    """Return the reliability curve and its summaries."""
    ece, brier = calibration["ece"], calibration["brier"]
    lead = (
        f"Over {calibration['n_entries']:,} scores the expected calibration error is "
        f"{decimals(ece['value'])} ({interval(ece)}) in {calibration['n_bins']} bins, and the "
        f"Brier score {decimals(brier['value'])} ({interval(brier)}); answering the prevalence "
        f"each time would have {decimals(calibration['brier_of_prevalence'])}. Most scores are of "
        "absent classes and near 0, so both are small by nature: compare them within one protocol."
    )
    rows = [
        [
            f"{b['low']:.2f} to {b['high']:.2f}",
            f"{b['n_entries']:,}",
            decimals(b["mean_score"]),
            decimals(b["share_positive"]["value"]),
            interval(b["share_positive"]),
        ]
        for b in calibration["bins"]
    ]
    caption = (
        "Share of scores that are right against the score itself, with 95 % intervals; on the "
        "dotted line a score of 0.8 is right in 80 % of the cases. Below, scores per bin."
    )
    return join(
        tag("p", lead),
        figure("reliability", caption, calibration["protocol"]),
        values(["Scores", "entries", "mean score", "positive", "95 % interval"], rows),
    )


def _siblings_table(rows: Sequence[Row], name_of: NameOf) -> Html:
    lines = [
        [
            join(name_of(row), tag("small", _most_confused(row, name_of))),
            per_cent(row["mass"]),
            per_cent(row["rate_of_siblings"]),
            per_cent(row["rate_of_others"]),
            f"{row['n_clips']:,}",
        ]
        for row in rows
    ]
    return table(["Class", "any sibling", "one sibling", "one other class", "clips"], lines)


def _most_confused(row: Row, name_of: NameOf) -> str:
    worst = [p for p in row["siblings"] if p["rate"]][:3]
    return ", ".join(f"{name_of(p)} in {per_cent(p['rate'])}" for p in worst) or "none"


def _number(value: float | None, places: int = 3) -> SortedCell:
    return SortedCell(decimals(value, places), value)
