"""The ontology and the clips."""

import csv
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.measuring import Outcome, measured
from benchmarks.scale import Workspace
from benchmarks.synthetic.clips import make_clips
from benchmarks.synthetic.ontology import leaf_mid, make_ontology
from benchmarks.synthetic.recordings import write_tiny
from datasets_app.clips import services
from datasets_app.clips.models import Collection
from datasets_app.clips.table import read_clip_table
from datasets_app.jobs.ingest import CLIPS_PER_JOB
from datasets_app.ontology.models import Ontology
from datasets_app.ontology.services import load_ontology as load

COLLECTION = "synthetic"
_COLUMNS = ("clip_id", "file", "uploader", "license", "title", "description", "tags")


def collection() -> Collection:
    """Return the collection of the run."""
    return Collection.objects.get(name=COLLECTION)


def prepare_collection(workspace: Workspace) -> None:
    """Write the ontology, clips.csv, the tiny recordings, their analysis and the truth."""
    scale = workspace.scale
    ontology = make_ontology(scale.n_classes, scale.seed)
    workspace.path("ontology.json").write_text(json.dumps(ontology), encoding="utf-8")
    truth: dict[str, list[str]] = {}
    workspace.source.mkdir()
    with (
        (workspace.source / "clips.csv").open("w", encoding="utf-8", newline="") as table,
        workspace.path("analysis.jsonl").open("w", encoding="utf-8") as analysis,
    ):
        writer = csv.writer(table)
        writer.writerow(_COLUMNS)
        for number, clip in enumerate(make_clips(scale)):
            path = workspace.source / clip.file
            path.parent.mkdir(exist_ok=True)
            write_tiny(path, number)
            row = [getattr(clip, column) for column in _COLUMNS[:-1]]
            writer.writerow([*row, ";".join(clip.tags)])
            analysis.write(json.dumps(_analysis(clip.clip_id, path, clip.duration_s)) + "\n")
            truth[clip.clip_id] = [leaf_mid(leaf) for leaf in clip.classes]
    workspace.path("truth.json").write_text(json.dumps(truth), encoding="utf-8")


def _analysis(clip_id: str, path: Path, duration_s: float) -> dict[str, Any]:
    """Return what the worker would say, had the file the length that is claimed for it."""
    return {
        "clip_id": clip_id,
        "file": path.name,
        "ok": True,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "duration_s": duration_s,
        "sample_rate_hz": 44_100,
        "n_channels": 1,
        "loudness_lufs": -23.0,
    }


def load_ontology(workspace: Workspace) -> Outcome:
    """Load the ontology."""
    text = workspace.path("ontology.json").read_text(encoding="utf-8")
    data = json.loads(text)
    with measured(len(data), "classes") as outcome:
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        load(name=COLLECTION, data=data, source_sha256=sha256)
    return outcome


def read_table(workspace: Workspace) -> Outcome:
    """Read clips.csv."""
    with measured(workspace.scale.n_clips) as outcome:
        rows, refusals = read_clip_table(workspace.source)
    assert (len(rows), len(refusals)) == (workspace.scale.n_clips, 0)
    return outcome


def add_clips(workspace: Workspace) -> Outcome:
    """Add the clips in batches of the size of a job."""
    ontology = Ontology.objects.get(name=COLLECTION)
    target = services.open_collection(name=COLLECTION, ontology=ontology)
    rows, _ = read_clip_table(workspace.source)
    analysis = list(_read_lines(workspace.path("analysis.jsonl")))
    spent: list[float] = []
    services._insert_clips = _timed(services._insert_clips, spent)
    with measured(len(rows)) as outcome:
        n_added = 0
        for start in range(0, len(rows), CLIPS_PER_JOB):
            batch = slice(start, start + CLIPS_PER_JOB)
            added, refusals = services.add_analysed_clips(
                collection=target,
                folder=workspace.source,
                rows=rows[batch],
                analysis=analysis[batch],
                analysis_dir=workspace.path("no-artefacts"),
            )
            assert not refusals
            n_added += added
    assert n_added == len(rows)
    outcome.remark = f"of which {sum(spent):.1f} s inserting rows"
    return outcome


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as handle:
        yield from (json.loads(line) for line in handle)


def _timed(function: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        began_s = time.perf_counter()
        try:
            return function(*args, **options)
        finally:
            spent.append(time.perf_counter() - began_s)

    return call
