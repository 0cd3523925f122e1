"""Reads what a worker left in a result folder, and trusts none of it.

A worker may be another version, another machine, or compromised: a file is read only by a plain
name, from the job's own result folder, if it is a real file of bounded size. JSON has no NaN.
"""

import json
from pathlib import Path
from typing import Any

from datasets_app.jobs.models import Job

MOST_JSON_BYTES = 64 * 2**20
"""Room for the names of a million clips."""
MOST_REPORT_BYTES = 256 * 2**20


class ResultUnreadable(ValueError):
    """A result's file is missing, broken or not where it belongs; the message is one sentence."""


def result_path(job: Job, name: str, *, most_bytes: int) -> Path:
    """Return the path of a file that a job's result holds.

    Raises
    ------
    ResultUnreadable
        The name is no plain one, there is no such file, it is a link that leads elsewhere, or it
        has more than ``most_bytes``.
    """
    folder = Path(job.out_dir).resolve()
    path = folder / name
    if name in ("", ".", "..") or Path(name).name != name or "\x00" in name:
        raise ResultUnreadable(f"The result names {name[:80]!r}, which is no file of its folder.")
    try:
        if path.resolve().parent != folder or not path.is_file():
            raise ResultUnreadable(f"The result holds no file {name}; run the job again.")
        size = path.stat().st_size
    except OSError as error:
        raise ResultUnreadable(f"{name} cannot be read ({error.strerror}).") from error
    if size > most_bytes:
        raise ResultUnreadable(
            f"{name} has {size:,} bytes; at most {most_bytes:,} are read. Look at it on disk."
        )
    return path


def read_result_json(job: Job, name: str) -> dict[str, Any]:
    """Return a JSON object that a job's result holds.

    Raises
    ------
    ResultUnreadable
        As ``result_path``; or the file holds no JSON object, or a number that is not finite.
    """
    path = result_path(job, name, most_bytes=MOST_JSON_BYTES)
    try:
        found = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (OSError, ValueError, RecursionError) as error:
        raise ResultUnreadable(f"{name} cannot be read ({error}); run the job again.") from error
    if not isinstance(found, dict):
        raise ResultUnreadable(f"{name} holds no JSON object; run the job again.")
    return found


def _refuse(word: str) -> None:
    raise ValueError(f"it holds {word}, which is no number")
