"""The states of a job and the moves between them.

``docs/job-lifecycle.md`` shows the diagram that ``lifecycle_diagram`` draws from this table.
"""

from collections.abc import Mapping
from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands, as the site knows it."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.FINISHED, JobState.FAILED, JobState.CANCELLED})
"""A job in one of these does no more work unless somebody starts it again."""

JOB_TRANSITIONS: Mapping[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, *ENDED}),
    JobState.RUNNING: frozenset({JobState.QUEUED, *ENDED}),
    JobState.FINISHED: frozenset(),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
}
"""A running job goes back to queued when its worker is lost; a short one may be seen only at its
end, hence the moves from queued to an end. One that failed or was cancelled may be tried again."""


def check_job_can_move(current: JobState, to: JobState) -> None:
    """Raise ValueError unless a job may move from ``current`` to ``to``.

    >>> check_job_can_move(JobState.RUNNING, JobState.FINISHED)
    >>> check_job_can_move(JobState.FINISHED, JobState.RUNNING)
    Traceback (most recent call last):
    ValueError: A finished job cannot become running; it can become nothing else.
    """
    allowed = JOB_TRANSITIONS[current]
    if to not in allowed:
        names = ", ".join(sorted(allowed)) or "nothing else"
        raise ValueError(f"A {current} job cannot become {to}; it can become {names}.")


def lifecycle_diagram() -> str:
    """Return the table as a Mermaid state diagram."""
    moves = [f"    {a} --> {b}" for a, targets in JOB_TRANSITIONS.items() for b in sorted(targets)]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {JobState.QUEUED}", *moves]) + "\n"
