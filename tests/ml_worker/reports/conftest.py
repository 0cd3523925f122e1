"""A release with hostile names and scores on it, without a training."""

import csv
import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from ml_worker.evaluation.class_graph import read_class_graph
from ml_worker.evaluation.measure import MeasureSettings, measure
from ml_worker.evaluation.protocol import protocol_of
from ml_worker.evaluation.scored_split import ScoredSplit
from ml_worker.evaluation.stored_run import RunFacts
from ml_worker.release import Release, Split, read_release

HOSTILE = "</script><img src=x onerror=alert(1)>"
CURVES = [
    {"epoch": n, "train_loss": 1 / n, "val_map": 1 - 1 / n, "lr": 0.001, "seconds": 1.5}
    for n in (1, 2, 3)
]


@pytest.fixture
def hostile_release(release_dir: Path) -> Release:
    """Three classes and 24 clips, whose names would run a script where they are not escaped."""
    vocabulary = release_dir / "ground_truth/vocabulary.csv"
    with vocabulary.open(newline="") as handle:
        rows = list(csv.reader(handle))
    rows[0][1] = HOSTILE
    with vocabulary.open("w", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows(rows)
    path = release_dir / "metadata/eval_clips_info.json"
    infos = json.loads(path.read_text())
    for info in infos.values():
        info |= {"title": HOSTILE, "uploader": f"u{HOSTILE}", "license": "CC0-1.0"}
    path.write_text(json.dumps(infos))
    edges = "child_mid,parent_mid,propagates\n/m/low,/m/tone,1\n/m/high,/m/tone,1\n"
    (release_dir / "metadata/ontology_edges.csv").write_text(edges)
    return read_release(release_dir)


@pytest.fixture
def scored(hostile_release: Release) -> ScoredSplit:
    """Scores of eval as a run of some skill would leave them."""
    clips = hostile_release.clips_of(Split.EVAL)
    states = hostile_release.label_states(clips)
    noise = np.random.default_rng(0).random(states.shape)
    scores = (0.3 * (states == 1) + 0.7 * noise).astype(np.float32)
    protocol = protocol_of(hostile_release, "eval", "logmel1", 5)
    fnames = tuple(clip.fname for clip in clips)
    return ScoredSplit(protocol, hostile_release.classes, fnames, states, scores)


@pytest.fixture
def measured(hostile_release: Release, scored: ScoredSplit) -> tuple[dict, dict, RunFacts]:
    """Both documents, and how a run would have been made."""
    graph = read_class_graph(hostile_release.folder)
    document, calibration = measure(scored, graph, MeasureSettings(100, n_best=2))
    facts = RunFacts(
        name="run",
        recipe={"model": "vgg_like", "lr": 0.0005, "note": HOSTILE},
        summary={"best_epoch": 2, "device": "cpu float32", "n_parameters": 270_000},
        made_by={"torch": "2.11.0"},
        used={"seconds": 61.0, "peak_memory_bytes": 512_000_000},
        seed=5,
        trained_on=scored.protocol.id,
        curves=CURVES,
    )
    return document, calibration, facts


class Elements(HTMLParser):
    """What is on a page: the elements with their attributes, and the text outside scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data) -> None:
        if not {"script", "style"} & set(self._open):
            self.text += data


@pytest.fixture
def parse() -> Callable[[Path], Elements]:
    def read(path: Path) -> Elements:
        page = Elements()
        page.feed(path.read_text(encoding="utf-8"))
        return page

    return read
