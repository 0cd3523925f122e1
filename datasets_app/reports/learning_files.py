"""Reads what a worker left in a training job's result folder, for a report."""

import json
from pathlib import Path
from typing import Any

from datasets_app.jobs.models import Job


def read_eval_metrics(job: Job) -> dict[str, Any] | None:
    """Return the metrics on eval, or None if the result folder has none that can be read.

    Classes have the ontology's names; metrics.json has the release's.
    """
    try:
        found = json.loads((Path(job.out_dir) / "metrics.json").read_text(encoding="utf-8"))
        of_eval = found["eval"]
        names = dict(job.collection.ontology.classes.values_list("mid", "name"))
        per_class = [
            {**row, "name": names.get(row["mid"], row["name"])} for row in of_eval["per_class"]
        ]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return {**of_eval, "per_class": per_class}


def read_curves(job: Job) -> list[dict[str, Any]]:
    """Return the rows of curves.jsonl: of the result if there is one, else of the running job."""
    for folder in (job.out_dir, job.job_dir):
        try:
            text = (Path(folder) / "curves.jsonl").read_text(encoding="utf-8")
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except (OSError, ValueError):
            continue
    return []
