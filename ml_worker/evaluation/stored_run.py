"""Read what a train or an evaluate job left in its result folder.

A train job's result holds scores of the eval split and no labels, so its release is needed too; an
evaluate job's result is complete in itself. Files are read with what they may lack in mind: a
folder that is no run's is refused with a sentence, a missing detail of its making is left out.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.evaluation.protocol import Protocol, is_trained_on, protocol_of, read_object
from ml_worker.evaluation.scored_split import ScoredSplit
from ml_worker.job_context import JobRefused
from ml_worker.release import Release, SoundClass, Split

FORMAT = 1
"""Of metrics.json as an evaluate job writes it; any change of meaning raises it."""
TRAIN_SCORES = "scores_eval.csv"
SCORES_FILE, STATES_FILE, CLIPS_FILE = "scores.npy", "labels.npy", "clips.csv"
METRICS_FILE, CALIBRATION_FILE = "metrics.json", "calibration.json"
CURVES_FILE = "curves.jsonl"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """How a run came about; empty where the files do not say.

    ``summary`` is what the train job said at its end, ``used`` what it took (seconds, memory);
    ``curves`` has one object per epoch.
    """

    name: str
    recipe: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    made_by: dict[str, str] = field(default_factory=dict)
    used: dict[str, float] = field(default_factory=dict)
    front_end: str = ""
    seed: int | None = None
    trained_on: str = ""
    curves: list[dict[str, Any]] = field(default_factory=list)


def read_run_facts(run_dir: Path) -> RunFacts:
    """Read how a train job's result was made.

    Raises
    ------
    JobRefused
        There is no ``model.json``: the folder is no train job's result.
    """
    model = read_object(run_dir / "model.json")
    if not model:
        raise JobRefused(
            f"{run_dir} holds no model.json; name the result folder of a finished train job."
        )
    result, metrics = read_object(run_dir / "result.json"), read_object(run_dir / METRICS_FILE)
    seed = metrics.get("seed")
    return RunFacts(
        name=run_dir.resolve().name,
        recipe=_object(model.get("recipe")),
        summary=_object(result.get("summary")),
        made_by={str(k): str(v) for k, v in _object(result.get("made_by")).items()},
        used=_object(result.get("used")),
        front_end=str(model.get("front_end_id", "")),
        seed=seed if isinstance(seed, int) else None,
        trained_on=str(metrics.get("protocol", "")),
        curves=read_curves(run_dir / CURVES_FILE),
    )


def read_curves(path: Path) -> list[dict[str, Any]]:
    """Return the objects of curves.jsonl; empty if there is no such file or it is broken."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError):
        return []
    return [row for row in rows if isinstance(row, dict) and "epoch" in row]


def read_train_run(run_dir: Path, release: Release) -> tuple[ScoredSplit, RunFacts]:
    """Read a train job's own scores of the eval split of the release that it was trained on.

    Raises
    ------
    JobRefused
        The folder is no train job's result, or the run was trained on another release.
    """
    facts = read_run_facts(run_dir)
    if not is_trained_on(facts.trained_on, release):
        raise JobRefused(
            f"{run_dir} was trained on {facts.trained_on.split('/')[0] or 'an unknown release'}, "
            f"not on {release.folder.name}@{release.digest[:12]}; name the release it was trained "
            "on, or evaluate the run on this one."
        )
    clips = release.clips_of(Split.EVAL)
    fnames = tuple(clip.fname for clip in clips)
    scores = _read_table(run_dir / TRAIN_SCORES, fnames, [c.mid for c in release.classes])
    protocol = protocol_of(release, Split.EVAL, facts.front_end, facts.seed)
    states = release.label_states(clips)
    _check_finite(scores, run_dir)
    return ScoredSplit(protocol, release.classes, fnames, states, scores), facts


def read_evaluation(folder: Path) -> tuple[ScoredSplit, RunFacts]:
    """Read an evaluate job's result.

    Raises
    ------
    JobRefused
        A file is missing or does not fit the others.
    """
    document = read_object(folder / METRICS_FILE)
    if document.get("format", FORMAT) != FORMAT:
        raise JobRefused(
            f"{folder / METRICS_FILE} is of format {document['format']}; this worker reads "
            f"{FORMAT}. Run evaluate again."
        )
    try:
        protocol = Protocol.from_json(document["protocol"])
        classes = tuple(SoundClass(row["name"], row["mid"]) for row in document["per_class"])
        scores = np.load(folder / SCORES_FILE, allow_pickle=False)
        states = np.load(folder / STATES_FILE, allow_pickle=False)
        with (folder / CLIPS_FILE).open(encoding="utf-8", newline="") as handle:
            fnames = tuple(row["fname"] for row in csv.DictReader(handle))
        facts = RunFacts(**document["run"], curves=read_curves(folder / CURVES_FILE))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise JobRefused(
            f"{folder} is not the result of an evaluate job ({error!r}); run evaluate again."
        ) from error
    if not scores.shape == states.shape == (len(fnames), len(classes)):
        raise JobRefused(f"{folder}: scores, labels and clips do not fit; run evaluate again.")
    _check_finite(scores, folder)
    return ScoredSplit(protocol, classes, fnames, states, scores), facts


def is_evaluation(folder: Path) -> bool:
    """Say whether a folder looks like an evaluate job's result rather than a train job's."""
    return (folder / SCORES_FILE).is_file()


def _check_finite(scores: NDArray[np.float32], folder: Path) -> None:
    if not (scores.dtype.kind == "f" and np.isfinite(scores).all()):
        raise JobRefused(f"{folder} holds scores that are no numbers; score the clips again.")


def _read_table(path: Path, fnames: Sequence[str], mids: Sequence[str]) -> NDArray[np.float32]:
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            header, *rows = csv.reader(handle)
        scores = np.array([[float(value) for value in row[1:]] for row in rows], dtype=np.float32)
    except (OSError, ValueError) as error:
        raise JobRefused(f"{path} cannot be read ({error}); train again.") from error
    if header[1:] != list(mids) or [row[0] for row in rows] != list(fnames):
        raise JobRefused(
            f"{path} has other clips or classes than the release's eval part; name the release "
            "that the run was trained on."
        )
    return scores


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
