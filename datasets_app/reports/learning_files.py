"""Reads what a worker left in a training job's result folder, for a report."""

import json
from pathlib import Path
from typing import Any

from datasets_app.jobs.models import Job


def read_metrics(job: Job) -> dict[str, Any] | None:
    """Return metrics.json, or None if the result folder has none that can be read."""
    try:
        found = json.loads((Path(job.out_dir) / "metrics.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def read_curves(job: Job) -> list[dict[str, Any]]:
    """Return the rows of curves.jsonl: of the result if there is one, else of the running job."""
    for folder in (job.out_dir, job.job_dir):
        try:
            text = (Path(folder) / "curves.jsonl").read_text(encoding="utf-8")
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except (OSError, ValueError):
            continue
    return []
