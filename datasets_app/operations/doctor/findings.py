"""What an examination says."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How bad it is: FAIL keeps something from working, WARN will, or may."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: a sentence, and how to mend it where it is not well."""

    about: str
    status: Status
    says: str
    mend: str = ""


def well(about: str, says: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(about, Status.OK, says)


def warning(about: str, says: str, mend: str) -> Finding:
    """Return a finding that somebody should look at."""
    return Finding(about, Status.WARN, says, mend)


def failure(about: str, says: str, mend: str) -> Finding:
    """Return a finding that keeps something from working."""
    return Finding(about, Status.FAIL, says, mend)
