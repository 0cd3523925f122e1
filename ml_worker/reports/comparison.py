"""The page that holds any runs of one release and protocol against each other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ml_worker.evaluation.comparison import ComparedRun, compare_runs, distinct_labels
from ml_worker.evaluation.measure import OVERALL, Document, MeasureSettings
from ml_worker.evaluation.stored_run import is_evaluation, read_evaluation, read_train_run
from ml_worker.job_context import JobRefused
from ml_worker.release import read_release
from ml_worker.reports import figures
from ml_worker.reports.drawing import Figure
from ml_worker.reports.markup import Html, join, tag
from ml_worker.reports.page import Section, figure, protocol_line, write_page
from ml_worker.reports.run_sections import WORDS
from ml_worker.reports.tables import SortedCell, sortable_table, table, values
from ml_worker.reports.words import NONE, decimals, in_words, interval, per_cent, plural

Row = Mapping[str, Any]


def write_comparison(
    run_dirs: Sequence[Path],
    out_path: Path,
    release_dir: Path | None = None,
    settings: MeasureSettings = MeasureSettings(),  # noqa: B008 - frozen
) -> int:
    """Write the comparison of evaluate jobs' results; return its size in bytes.

    Train jobs' own results may be among them if ``release_dir`` names their release.

    Raises
    ------
    JobRefused
        A folder is no run's result, or two runs are of other releases or protocols.
    """
    found = [_read(folder, release_dir) for folder in run_dirs]
    labels = distinct_labels([facts for _, facts in found], [str(folder) for folder in run_dirs])
    runs = [
        ComparedRun(label, scored, facts)
        for label, (scored, facts) in zip(labels, found, strict=True)
    ]
    return write_compared(runs, out_path, settings)


def write_compared(runs: Sequence[ComparedRun], out_path: Path, settings: MeasureSettings) -> int:
    """Write the comparison of runs that are at hand; as ``write_comparison`` in all else."""
    document = compare_runs(runs, settings)
    return write_page(
        out_path,
        title=f"{plural(len(runs), 'run')} on {_release_name(runs)} · Harken comparison",
        header=_header(document, runs),
        sections=[
            Section("metrics", "Metrics", _metrics(document)),
            Section("classes", "Classes", _classes(document)),
            Section("curves", "Training", _curves(document, runs)),
            Section("recipes", "What differs", _recipes(document)),
        ],
        figures=_figures(document, runs),
    )


def _read(folder: Path, release_dir: Path | None) -> tuple[Any, Any]:
    if is_evaluation(folder):
        return read_evaluation(folder)
    if release_dir is None:
        raise JobRefused(
            f"{folder} is not an evaluate job's result; evaluate the run first, or name the "
            "release of a train job's result with --release."
        )
    return read_train_run(folder, read_release(release_dir))


def _header(document: Document, runs: Sequence[ComparedRun]) -> Html:
    best = max(document["runs"], key=lambda r: _value(r["overall"]["map_macro"]))
    found, split = best["overall"]["map_macro"], runs[0].scored.protocol.split
    lead = (
        f"{best['label']} has the highest mean average precision over classes, "
        f"{decimals(found['value'])} on {plural(document['n_clips'], 'clip')} of {split}. "
        f"{_verdict(document)}"
    )
    return join(
        tag("p", "Harken · comparison of runs", class_="kind"),
        tag("h1", f"{plural(len(runs), 'run')} on {_release_name(runs)}"),
        tag("p", lead, class_="lead"),
        tag("p", "Protocol ", tag("code", document["protocol"]), class_="protocol"),
    )


def _verdict(document: Document) -> str:
    """Say which runs differ from the first by more than the choice of clips explains."""
    first, *others = document["runs"]
    apart = [r["label"] for r in others if is_apart(r["difference"]["map_macro"])]
    if not apart:
        return f"No run differs from {first['label']} by more than the choice of clips explains."
    verb = "differs" if len(apart) == 1 else "differ"
    return (
        f"{in_words(apart)} {verb} from {first['label']} by more than the choice of clips explains."
    )


def is_apart(difference: Row) -> bool:
    """Say whether the interval of a difference leaves out 0 (a bound of exactly 0 does not)."""
    low, high = difference["low"], difference["high"]
    return low is not None and (low > 0 or high < 0)


def _metrics(document: Document) -> Html:
    first = document["runs"][0]["label"]
    caption = "Macro mAP of each run with its 95 % interval over resampled clips."
    lead = (
        f"Δ is the difference from {first}, with its interval over "
        f"{document['n_replicates']:,} bootstrap replicates in which all runs are measured on the "
        f"same resampled clips (seed {document['seed']}); in bold "
        "where the 95 % interval leaves out 0. It says nothing of the training's own chance: "
        "for that, train several seeds."
    )
    names = [
        name
        for name in OVERALL
        if any(run["overall"][name]["value"] is not None for run in document["runs"])
    ]
    rows = [
        [run["label"], *(_metric_cell(run, name) for name in names)] for run in document["runs"]
    ]
    protocol = document["protocol"]
    return join(
        figure("overall", caption, protocol),
        tag("p", lead),
        table(["Run", *(WORDS[name][0] for name in names)], rows),
        protocol_line(protocol),
        *(_seeds(group, names) for group in document["seeds"]),
    )


def _metric_cell(run: Row, name: str) -> Html:
    found = run["overall"][name]
    lines = [tag("small", interval(found))]
    if run["difference"] is not None:
        difference = run["difference"][name]
        text = f"Δ {signed(difference['value'])}"
        lines += [
            tag("small", tag("strong", text, class_="better") if is_apart(difference) else text),
            tag("small", f"{signed(difference['low'])} to {signed(difference['high'])}"),
            tag("small", f"better in {per_cent(difference['share_better'])}"),
        ]
    return join(decimals(found["value"]), lines)


def _seeds(group: Row, names: Sequence[str]) -> Html:
    """Return mean and spread of runs that differ by their seed alone."""
    kept = [name for name in names if name in group["figures"]]
    rows = [
        [WORDS[n][0], decimals(group["figures"][n]["mean"]), decimals(group["figures"][n]["std"])]
        for n in kept
    ]
    labels = group["labels"]
    return join(
        tag("h3", f"Over {len(labels)} seeds"),
        tag("p", f"{in_words(labels)} differ by nothing but their seed.", class_="small muted"),
        table(["Metric", "mean", "standard deviation"], rows),
    )


def signed(value: float | None) -> str:
    """Return a difference with its sign.

    >>> signed(0.5), signed(-0.25), signed(None)
    ('+0.500', '−0.250', '–')
    """
    return f"+{decimals(value)}" if value is not None and value > 0 else decimals(value)


def _classes(document: Document) -> Html:
    first, *others = (run["label"] for run in document["runs"])
    columns = ["Class", "clips", first]
    for label in others:
        columns += [label, "difference"]
    rows = []
    for row in sorted(document["per_class"], key=lambda r: -_largest(r)):
        cells = [SortedCell(row["name"].replace("_", " "), row["name"].lower())]
        cells += [SortedCell(f"{row['n_positive']:,}", row["n_positive"])]
        cells.append(SortedCell(decimals(row["values"][0]), row["values"][0]))
        for value, difference in zip(row["values"][1:], row["differences"], strict=True):
            text = signed(difference["value"])
            shown = tag("strong", text, class_="better") if is_apart(difference) else text
            cells += [SortedCell(decimals(value), value), SortedCell(shown, difference["value"])]
        rows.append(cells)
    caption = (
        f"Average precision of each class: {first} across, {in_words(others)} upwards. Above the "
        "dotted line a class is understood better than by the first run."
    )
    protocol = document["protocol"]
    return join(
        figure("scatter", caption, protocol),
        tag("p", "The classes that differ most come first; in bold "
        "where the paired 95 % interval "
            "leaves out 0. With many classes a few do so by chance."),
        sortable_table("per-class", "Show classes with", columns, rows),
        protocol_line(protocol),
    )  # fmt: skip


def _curves(document: Document, runs: Sequence[ComparedRun]) -> Html:
    if not any(run.facts.curves for run in runs):
        return Html()
    rows = [
        [run.label, str(len(run.facts.curves)), decimals(_best_map(run), 4)]
        for run in runs
        if run.facts.curves
    ]
    caption = "Training loss (above) and validation mAP (below) over epochs."
    return join(
        figure("curves", caption, document["protocol"]),
        values(["Run", "epochs", "best validation mAP"], rows),
    )


def _recipes(document: Document) -> Html:
    if not document["recipes"]:
        return tag("p", "Recipe, seed, device and versions are the same.")
    columns = ["Setting", *(run["label"] for run in document["runs"])]
    rows = [[row["name"], *(_short(v) for v in row["values"])] for row in document["recipes"]]
    lead = "Settings, versions and costs that differ; all others are the same."
    return join(tag("p", lead), table(columns, rows))


def _short(value: str) -> str:
    """Return a value as it is, a sha256 by its head."""
    return (value[:12] if re.fullmatch("[0-9a-f]{64}", value) else value) or NONE


def _figures(document: Document, runs: Sequence[ComparedRun]) -> dict[str, Figure]:
    first, *others = (run["label"] for run in document["runs"])
    points = [
        (
            label,
            [(row["name"], row["values"][0], row["values"][number])
             for row in document["per_class"]],
        )
        for number, label in enumerate(others, start=1)
    ]  # fmt: skip
    overall = [(run["label"], run["overall"]["map_macro"]) for run in document["runs"]]
    found = {
        "overall": figures.overall_figure(overall),
        "scatter": figures.scatter_figure(first, points),
    }
    curves = [(run.label, run.facts.curves) for run in runs]
    if any(rows for _, rows in curves):
        found["curves"] = figures.curves_figure(curves)
    return found


def _release_name(runs: Sequence[ComparedRun]) -> str:
    protocol = runs[0].scored.protocol
    return f"{protocol.release} {protocol.version}".strip()


def _best_map(run: ComparedRun) -> float | None:
    found = [row["val_map"] for row in run.facts.curves if row.get("val_map") is not None]
    return max(found, default=None)


def _largest(row: Row) -> float:
    return max(abs(_value(d)) for d in row["differences"])


def _value(figure: Row) -> float:
    return figure["value"] if figure["value"] is not None else -1.0
