"""What must hold once everything was broken and stands again."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_READ = """
import json, sys
import django
django.setup()
from datasets_app.clips.models import Clip
from datasets_app.jobs.models import Job
from datasets_app.labels.models import Label
from datasets_app.releases.models import Release
from datasets_app.votes.models import Vote
votes = Vote.objects.filter(nomination__collection__name="bench")
print(json.dumps({
    "votes": list(votes.values_list("annotator__user__username", "nomination__uuid", "answer")),
    "n_clips": Clip.objects.filter(collection__name="intake").count(),
    "releases": dict(Release.objects.values_list("version", "path")),
    "jobs": list(Job.objects.values_list("kind", "state")),
}, default=str))
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What the records say: votes (person, nomination, answer), clips taken in, releases, jobs."""

    votes: list[tuple[str, str, str]]
    n_clips: int
    releases: Mapping[str, str]
    jobs: list[tuple[str, str]]


def read_records(environment: Mapping[str, str]) -> Found:
    """Read what is on record."""
    done = subprocess.run(
        [sys.executable, "-c", _READ],
        cwd=ROOT,
        env=dict(environment),
        check=True,
        capture_output=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return Found(
        [tuple(row) for row in found["votes"]],
        found["n_clips"],
        found["releases"],
        [tuple(row) for row in found["jobs"]],
    )


def wrong_answers(found: Found, acknowledged: Mapping[tuple[int, str], str]) -> list[str]:
    """Say which acknowledged answers are lost, changed or there twice, and which nobody gave."""
    stored: dict[tuple[str, str], list[str]] = {}
    for person, nomination, answer in found.votes:
        stored.setdefault((person, nomination), []).append(answer)
    wanted = {(f"person-{n}", nomination): a for (n, nomination), a in acknowledged.items()}
    wrong = []
    if lost := [key for key in wanted if key not in stored]:
        wrong.append(f"{len(lost)} acknowledged answers are lost")
    if changed := [k for k, a in wanted.items() if k in stored and stored[k] != [a]]:
        wrong.append(f"{len(changed)} acknowledged answers are changed or doubled")
    if unknown := [key for key in stored if key not in wanted]:
        wrong.append(f"{len(unknown)} answers are stored that were never acknowledged")
    return wrong


def unfinished_jobs(found: Found) -> list[str]:
    """Say which jobs have neither finished nor can be taken up again."""
    ended = {"finished", "failed", "cancelled"}
    return [f"a {kind} job is {state}" for kind, state in found.jobs if state not in ended]


def half_releases(folder: Path, releases: Mapping[str, str]) -> list[str]:
    """Say which folders of releases are not on record, and which on record are not there."""
    known = {Path(path) for path in releases.values()}
    there = {path for path in folder.iterdir() if not path.name.startswith(".")}
    return [f"{path.name} is there but not on record" for path in sorted(there - known)] + [
        f"{path.name} is on record but not there" for path in sorted(known - there)
    ]
