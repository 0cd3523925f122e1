"""How far a class is from the number of decided clips wanted of it, and which needs ears most."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from datasets_app.domain.errors import RuleError


@dataclass(frozen=True, slots=True)
class ClassStanding:
    """A class with its decided clips, the goal, and the clips still open to whoever asks."""

    key: Hashable
    name: str
    n_decided: int
    goal: int
    n_open: int

    def __post_init__(self) -> None:
        """Refuse counts below 0 and goals below 1."""
        if min(self.n_decided, self.n_open) < 0 or self.goal < 1:
            raise RuleError(
                f"Class {self.name} has {self.n_decided} decided and {self.n_open} open clips and "
                f"the goal {self.goal}; give counts of 0 or more and a goal of 1 or more."
            )

    @property
    def share_reached(self) -> float:
        """Share of the goal that is reached, 0 to 1."""
        return min(1.0, self.n_decided / self.goal)

    @property
    def n_missing(self) -> int:
        """Decided clips that the goal still lacks."""
        return max(0, self.goal - self.n_decided)


def furthest_first(standings: Iterable[ClassStanding]) -> list[ClassStanding]:
    """Return the classes that have open clips, the one furthest from its goal first.

    Distance is the share of the goal that is missing; among equals the class with more open clips
    goes first, then by name. Classes that have reached their goal come last.

    Notes
    -----
    Source: issue 4 §1. O(n log n).

    Examples
    --------
    >>> classes = [ClassStanding(1, "Bark", 90, 100, 5), ClassStanding(2, "Rain", 5, 10, 5),
    ...            ClassStanding(3, "Wind", 0, 10, 0)]
    >>> [c.name for c in furthest_first(classes)]
    ['Rain', 'Bark']
    """
    waiting = [standing for standing in standings if standing.n_open]
    return sorted(waiting, key=lambda s: (s.share_reached, -s.n_open, s.name))
