"""A run's report: one HTML file with its figures, its clips to listen to and how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_worker.evaluation.class_graph import read_class_graph
from ml_worker.evaluation.measure import Document, MeasureSettings, measure
from ml_worker.evaluation.protocol import protocol_of, read_object
from ml_worker.evaluation.stored_run import (
    CALIBRATION_FILE,
    METRICS_FILE,
    RunFacts,
    is_evaluation,
    read_evaluation,
    read_train_run,
)
from ml_worker.job_context import JobRefused
from ml_worker.release import Release, read_release
from ml_worker.reports import figures
from ml_worker.reports.clip_media import clip_media
from ml_worker.reports.drawing import Figure
from ml_worker.reports.making_sections import clips_section, making_section
from ml_worker.reports.markup import Html, join, tag
from ml_worker.reports.page import Section, facts, write_page
from ml_worker.reports.release_details import ReleaseDetails, read_release_details
from ml_worker.reports.run_sections import (
    calibration_section,
    classes_section,
    curves_section,
    levels_section,
    metrics_section,
    siblings_section,
)
from ml_worker.reports.words import decimals, interval, plural

SIMULATED = (
    "This collection is a synthesised stand-in: its sounds, uploaders and annotators were made by "
    "a program. The figures show the platform at work and say nothing about real sounds."
)


def write_run_report(
    run_dir: Path,
    release_dir: Path,
    out_path: Path,
    settings: MeasureSettings = MeasureSettings(),  # noqa: B008 - frozen
) -> int:
    """Write the report of a train or an evaluate job's result; return its size in bytes.

    A train job's own scores of eval are measured now; an evaluate job's figures are shown as they
    were stored, and ``settings`` plays no part.

    Raises
    ------
    JobRefused
        The folder is no run's result, or the run is of another release.
    """
    release = read_release(release_dir)
    if is_evaluation(run_dir):
        scored, run = read_evaluation(run_dir)
        given = protocol_of(release, scored.protocol.split, scored.protocol.front_end, None)
        if given.data_sha256 != scored.protocol.data_sha256:
            raise JobRefused(
                f"{run_dir} is of release {scored.protocol.data}, not of {given.data}; "
                "name the release that it was evaluated on."
            )
        document = read_object(run_dir / METRICS_FILE)
        calibration = read_object(run_dir / CALIBRATION_FILE)
        if not calibration:
            raise JobRefused(f"{run_dir} holds no {CALIBRATION_FILE}; run evaluate again.")
    else:
        scored, run = read_train_run(run_dir, release)
        document, calibration = measure(scored, read_class_graph(release.folder), settings)
    return write_report(out_path, release, document, calibration, run)


def write_report(
    out: Path, release: Release, document: Document, calibration: Document, run: RunFacts
) -> int:
    """Write the report of figures that are at hand (``measure``); return its size in bytes."""
    details = read_release_details(release)
    protocol = document["protocol"]["id"]

    def name_of(row: Mapping[str, Any]) -> str:
        return details.name(row["mid"], row["name"])

    rows = [*document["clips"]["best"], *document["clips"]["worst"]]
    known = [row["fname"] for row in rows if row["fname"] in details.clips]
    media = {fname: clip_media(details.clips[fname].path) for fname in known}
    sections = [
        Section("metrics", "Metrics", metrics_section(document)),
        Section("curves", "Training", curves_section(run.curves, run.summary, protocol)),
        Section("classes", "Classes", classes_section(document, name_of)),
        Section("siblings", "Siblings confused", siblings_section(document, name_of)),
        Section("levels", "Levels of the ontology", levels_section(document)),
        Section("calibration", "Calibration", calibration_section(calibration)),
        Section("clips", "Clips", clips_section(document["clips"], media, details, protocol)),
        Section("making", "How it was made", making_section(run, document)),
    ]
    return write_page(
        out,
        title=f"{title_of(run)} on {_release_name(document)} · Harken run",
        header=_header(document, calibration, run, details),
        sections=sections,
        figures=_figures(document, calibration, run, details),
    )


def title_of(run: RunFacts) -> str:
    """Return what a run is called: its model, or the name of its folder."""
    return str(run.recipe.get("model") or run.name)


def _header(
    document: Document, calibration: Document, run: RunFacts, details: ReleaseDetails
) -> Html:
    overall = document["overall"]
    found, protocol = overall["map_macro"], document["protocol"]
    lead = (
        f"On {plural(document['n_clips'], 'clip')} of {protocol['split']} the mean average "
        f"precision over classes is {decimals(found['value'])} (95 % interval {interval(found)}); "
        f"guessing would have {decimals(document['chance']['map_macro']['value'])}."
    )
    tiles = [
        ("mAP", found, ""),
        ("d′", overall["d_prime_of_mean_auc"], ""),
        ("lωlrap", overall["lwlrap"], ""),
        ("Calibration error", calibration["ece"], ""),
    ]
    return join(
        tag("p", "Harken · run", class_="kind"),
        tag("h1", f"{title_of(run)} on {_release_name(document)}"),
        tag("p", lead, class_="lead"),
        tag("p", SIMULATED, class_="note") if details.is_simulated else None,
        _seen_in_training(document, run),
        facts([(name, decimals(f["value"]), interval(f)) for name, f, _ in tiles]),
        tag("p", "Protocol ", tag("code", protocol["id"]), class_="protocol"),
    )


def _seen_in_training(document: Document, run: RunFacts) -> Html | None:
    """Return a warning where the clips may have been trained on."""
    protocol = document["protocol"]
    if protocol["split"] in ("train", "val"):
        use = "trained on" if protocol["split"] == "train" else "chosen by"
        return tag("p", f"The run was {use} these clips: its figures on them flatter it.",
                   class_="note")  # fmt: skip
    if document.get("is_trained_on_release") is False:
        return tag(
            "p",
            f"The run was trained on {run.trained_on.split('/')[0] or 'an unknown release'}, "
            "another release than this: clips of this split may have been among its training "
            "clips.",
            class_="note",
        )
    return None


def _figures(
    document: Document, calibration: Document, run: RunFacts, details: ReleaseDetails
) -> dict[str, Figure]:
    named = [
        {**row, "name": details.name(row["mid"], row["name"])} for row in document["per_class"]
    ]
    found = {
        "classes": figures.classes_figure(named),
        "reliability": figures.reliability_figure(calibration["bins"]),
    }
    if run.curves:
        found["curves"] = figures.curves_figure([(title_of(run), run.curves)])
    if document["levels"]:
        found["levels"] = figures.levels_figure(document["levels"])
    return found


def _release_name(document: Document) -> str:
    protocol = document["protocol"]
    return f"{protocol['release']} {protocol['version']}".strip()
