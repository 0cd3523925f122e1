"""Who may send what when, and which submissions count in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MOST_CHOSEN = 2
"""Submissions of a team in the final ranking, as at Kaggle and DCASE."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A submission as far as the final choice needs it."""

    number: int
    public_score: float
    private_score: float
    is_chosen: bool


def is_open(now: datetime, *, closes_at: datetime, ended_early_at: datetime | None) -> bool:
    """Say whether submissions are taken: before the deadline, which is itself too late.

    >>> noon = datetime(2030, 1, 1, 12, tzinfo=UTC)
    >>> is_open(noon, closes_at=noon, ended_early_at=None)
    False
    """
    return now < closes_at and (ended_early_at is None or now < ended_early_at)


def day_of(now: datetime) -> tuple[datetime, datetime]:
    """Return the UTC day of an instant: its start (inclusive) and its end (exclusive).

    >>> [d.isoformat() for d in day_of(datetime(2030, 1, 1, 23, 59, tzinfo=UTC))]
    ['2030-01-01T00:00:00+00:00', '2030-01-02T00:00:00+00:00']
    """
    start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=1)


def submissions_left(n_today: int, *, daily_limit: int) -> int:
    """Return how many more may be sent today; ``daily_limit`` is itself allowed.

    >>> [submissions_left(n, daily_limit=2) for n in (0, 1, 2, 3)]
    [2, 1, 0, 0]
    """
    return max(daily_limit - n_today, 0)


def counting(sent: Sequence[Sent]) -> list[Sent]:
    """Return the submissions that count: those chosen, or else the two best in public.

    Among equal public scores the earlier one is preferred. Who chose one has one that counts.

    >>> sent = [Sent(1, 0.5, 0.1, False), Sent(2, 0.5, 0.2, False), Sent(3, 0.5, 0.3, False)]
    >>> [s.number for s in counting(sent)]
    [1, 2]
    """
    chosen = [one for one in sent if one.is_chosen]
    if chosen:
        return chosen
    return sorted(sent, key=lambda one: (-one.public_score, one.number))[:MOST_CHOSEN]


def best_in_public(sent: Sequence[Sent]) -> Sent | None:
    """Return the submission that stands on the public leaderboard; the earlier of equals."""
    return max(sent, key=lambda one: (one.public_score, -one.number), default=None)


def final_of(sent: Sequence[Sent]) -> Sent | None:
    """Return the one that ranks in the end: the best in private of those that count."""
    return max(counting(sent), key=lambda one: (one.private_score, -one.number), default=None)
