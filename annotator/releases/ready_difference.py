"""The difference of two releases, where it is at hand or quickly made."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from sqlite3 import Connection

from datasets_app.releases.differences.selectors import count_clips, count_kinds
from datasets_app.releases.differences.stored import (
    difference_path,
    open_difference,
    store_difference,
)
from datasets_app.releases.models import Release
from datasets_app.releases.reading import ReleaseFileError

MOST_CLIPS = 10_000
"""Of both releases together (inclusive): up to this many a page compares them while it is asked."""


@dataclass(frozen=True, slots=True)
class DifferenceCounts:
    """How much changed."""

    clips: dict[str, int]
    labels: dict[str, int]


@contextmanager
def ready_difference(old: Release, new: Release) -> Iterator[Connection | None]:
    """Yield the difference for reading; None where a command has to work it out first.

    Raises
    ------
    ReleaseFileError
        A table of either release cannot be read.
    """
    n_clips = sum(sum(r.summary.get("n_clips", {}).values()) for r in (old, new))
    if n_clips <= MOST_CLIPS and not difference_path(old, new).is_file():
        store_difference(old, new)
    with open_difference(old, new) as database:
        yield database


def difference_counts(old: Release, new: Release) -> DifferenceCounts | None:
    """Return how much changed, None where that is not known yet or a folder cannot be read."""
    try:
        with ready_difference(old, new) as database:
            if database is None:
                return None
            return DifferenceCounts(count_clips(database), count_kinds(database))
    except ReleaseFileError:
        return None
