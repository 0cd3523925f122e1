"""Freezing a release, checking it, and reading it as a worker does."""

from benchmarks.measuring import Outcome, measured
from benchmarks.scale import Workspace
from benchmarks.stages.intake import collection

VERSION = "1.0"


def build(workspace: Workspace) -> Outcome:
    """Build a release."""
    from datasets_app.releases.services import build_release

    target = collection()
    with measured(workspace.scale.n_clips) as outcome:
        release = build_release(collection=target, version=VERSION, out=workspace.release)
    outcome.n = release.split.assignments.count()
    outcome.remark = "clips are those with a label"
    return outcome


def verify(workspace: Workspace) -> Outcome:
    """Verify it."""
    from datasets_app.releases.verification import check_release

    with measured(workspace.scale.n_clips) as outcome:
        found = check_release(workspace.release)
    assert not found.problems, found.problems
    outcome.n = found.n_clips
    outcome.remark = f"{found.n_files:,} files, {found.n_labels:,} labels"
    return outcome


def read(workspace: Workspace) -> Outcome:
    """Read it into memory."""
    from ml_worker.release import read_release

    with measured(workspace.scale.n_clips) as outcome:
        release = read_release(workspace.release)
        states = release.label_states(release.clips)
    outcome.n = len(release.clips)
    outcome.remark = f"{states.shape[1]} classes, {len(release.answers):,} answers"
    return outcome
