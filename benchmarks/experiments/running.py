"""Runs the worker's jobs for an experiment, each once: one that has its result is not run again."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.contract import JobKind, JobSpec, write_job
from ml_worker.runner import run_job


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where an experiment keeps its releases, features, jobs and results."""

    folder: Path

    def run(
        self,
        name: str,
        kind: JobKind,
        inputs: Mapping[str, Path],
        settings: Mapping[str, Any],
        *,
        seed: int = 0,
    ) -> Path:
        """Run a job, or take up its result, and return the result folder.

        Raises
        ------
        RuntimeError
            The job ended with an error; the sentence is the job's.
        """
        job_dir, out_dir = self.folder / "jobs" / name, self.folder / "runs" / name
        paths = {key: str(path.resolve()) for key, path in inputs.items()}
        with_store = {**settings, "features_dir": str((self.folder / "features").resolve())}
        if not (out_dir / "result.json").exists():
            write_job(job_dir, JobSpec(name, kind, paths, with_store, seed))
        result = run_job(job_dir, out_dir)
        if not result.ok:
            raise RuntimeError(f"{name}: {result.error}")
        return out_dir

    def train(
        self,
        name: str,
        release: Path,
        recipe: str,
        *,
        seed: int,
        flags: Path | None = None,
        **settings: Any,
    ) -> Path:
        """Train a recipe on a release; ``flags`` is a flag job's result, for a student."""
        inputs = {"release": release} | ({"flags": flags} if flags else {})
        return self.run(name, JobKind.TRAIN, inputs, {"recipe": recipe, **settings}, seed=seed)


def metrics_of(run: Path) -> dict[str, Any]:
    """Return a train job's ``metrics.json``."""
    return json.loads((run / "metrics.json").read_text(encoding="utf-8"))


def accuracy_of(run: Path, mid_of_clip: Mapping[str, str]) -> float:
    """Return the share of evaluation clips whose highest score is that of their one class."""
    names, mids, scores = _scores(run / "scores_eval.csv")
    guesses = [mids[column] for column in scores.argmax(axis=1)]
    hits = [guess == mid_of_clip[name] for name, guess in zip(names, guesses, strict=True)]
    return float(np.mean(hits))


def _scores(path: Path) -> tuple[list[str], list[str], NDArray[np.float64]]:
    with path.open(encoding="utf-8", newline="") as handle:
        header, *rows = csv.reader(handle)
    return [row[0] for row in rows], header[1:], np.array([row[1:] for row in rows], dtype=float)
