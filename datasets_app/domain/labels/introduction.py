"""When someone knows a class well enough to judge it."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from datasets_app.domain.errors import RuleError

Key = TypeVar("Key", bound=Hashable)
HEARD_ENOUGH = 0.8
"""Share of an example's length (inclusive) that counts as heard."""


class ExampleSource(StrEnum):
    """Where an example comes from: a curator, the ontology, or decisions of this collection."""

    CURATOR = "curator"
    ONTOLOGY = "ontology"
    DECISIONS = "decisions"


def first_source(
    found: Mapping[ExampleSource, Sequence[Key]], *, most: int
) -> tuple[ExampleSource | None, list[Key]]:
    """Return the examples of the best source that has any, at most ``most`` of them.

    Curators' examples go before the ontology's, and these before clips decided most surely; sources
    are never mixed, so that the page can say where its examples come from.

    Examples
    --------
    >>> first_source({ExampleSource.DECISIONS: [7, 8], ExampleSource.CURATOR: []}, most=1)
    (<ExampleSource.DECISIONS: 'decisions'>, [7])
    >>> first_source({}, most=4)
    (None, [])
    """
    for source in ExampleSource:
        if clips := list(found.get(source, ())):
            return source, clips[:most]
    return None, []


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a class may be judged, and how many examples are still to be heard for it."""

    is_open: bool
    n_to_hear: int
    n_examples: int


def introduction_standing(
    heard: Sequence[float], *, introduced_at: datetime | None, now: datetime, days: int
) -> Standing:
    """Say whether someone may judge a class.

    It is open to whoever was introduced within ``days`` (inclusive) of ``now``, to whoever heard
    ``HEARD_ENOUGH`` of every example, and to everyone where there is no example. Time spent on the
    page counts for nothing.

    Parameters
    ----------
    heard
        For each example the largest share of it that was heard within those days, 0 or more.
    introduced_at
        When they last had heard all examples, None if never.

    Raises
    ------
    RuleError
        If a share or ``days`` is negative.

    Examples
    --------
    >>> now = datetime(2026, 5, 15)
    >>> introduction_standing([1.0, 0.79], introduced_at=None, now=now, days=14)
    Standing(is_open=False, n_to_hear=1, n_examples=2)
    >>> introduction_standing([0.8], introduced_at=None, now=now, days=14).is_open
    True
    >>> introduction_standing([0.0], introduced_at=datetime(2026, 5, 1), now=now, days=14).is_open
    True
    """
    if days < 0 or min(heard, default=0) < 0:
        raise RuleError(f"Received {days} days and shares {list(heard)}; give 0 or more of each.")
    n_to_hear = sum(share < HEARD_ENOUGH for share in heard)
    is_known = introduced_at is not None and now - introduced_at <= timedelta(days=days)
    return Standing(is_known or n_to_hear == 0, n_to_hear, len(heard))
