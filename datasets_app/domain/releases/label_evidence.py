"""What is on record of one (clip, class) that may have changed what a release says of it.

Conventions: a window is the time between two releases, open at its beginning and closed at its end:
what happened at the moment of the old release is not in it, what happened at the moment of the new
one is. All moments are aware or all are naive.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AnswerKind(StrEnum):
    """In what work an answer was given."""

    ANNOTATOR = "annotator"
    EXPERT = "expert"
    REFINEMENT = "refinement"


@dataclass(frozen=True, slots=True)
class Window:
    """The time from the old release (exclusive) to the new one (inclusive)."""

    after: datetime
    until: datetime

    def holds(self, at: datetime | None) -> bool:
        """Say whether something happened in it; None never happened.

        Examples
        --------
        >>> year = Window(datetime(2025, 1, 1), datetime(2026, 1, 1))
        >>> [year.holds(datetime(y, 1, 1)) for y in (2025, 2026, 2027)], year.holds(None)
        ([False, True, False], False)
        """
        return at is not None and self.after < at <= self.until


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One answer while it stood: from ``since`` until it was replaced or taken back (None: stands).

    ``judged_at`` is when verification clips decided on the page it was given on, and ``is_trusted``
    whether it counts since.
    """

    answer: str
    since: datetime
    until: datetime | None = None
    kind: AnswerKind = AnswerKind.ANNOTATOR
    is_trusted: bool = True
    judged_at: datetime | None = None

    def stands_at(self, moment: datetime) -> bool:
        """Say whether it was somebody's answer at a moment."""
        return self.since <= moment and (self.until is None or moment < self.until)

    def is_set_aside_in(self, window: Window) -> bool:
        """Say whether it stood before and failed verification took it out of every decision."""
        return not self.is_trusted and self.since <= window.after and window.holds(self.judged_at)


@dataclass(frozen=True, slots=True)
class Adjudged:
    """An adjudicator's decision, and when it was withdrawn."""

    answer: str
    at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LabelEvidence:
    """Everything on record of one nomination.

    ``model_score`` is a model's score of it, None where no model proposed it; ``decided_at`` is
    when its label was last decided.
    """

    answers: tuple[GivenAnswer, ...] = ()
    adjudications: tuple[Adjudged, ...] = ()
    proposed_at: datetime | None = None
    is_from_model: bool = False
    model_score: float | None = None
    decided_at: datetime | None = None


def new_answers(answers: Iterable[GivenAnswer], window: Window) -> list[GivenAnswer]:
    """Return the trusted answers given in the window that still stand at its end, oldest first.

    Examples
    --------
    >>> year = Window(datetime(2025, 1, 1), datetime(2026, 1, 1))
    >>> changed = GivenAnswer("NP", datetime(2024, 1, 1), until=datetime(2025, 6, 1))
    >>> to = GivenAnswer("PP", datetime(2025, 6, 1))
    >>> [a.answer for a in new_answers([changed, to], year)]
    ['PP']
    >>> [a.answer for a in dropped_answers([changed, to], year)]
    ['NP']
    """
    found = [
        a for a in answers if a.is_trusted and window.holds(a.since) and a.stands_at(window.until)
    ]
    return sorted(found, key=_order)


def dropped_answers(answers: Iterable[GivenAnswer], window: Window) -> list[GivenAnswer]:
    """Return the answers that stood at the window's beginning and were replaced or taken back."""
    found = [a for a in answers if a.stands_at(window.after) and not a.stands_at(window.until)]
    return sorted(found, key=_order)


def standing_answers(answers: Iterable[GivenAnswer], moment: datetime) -> list[GivenAnswer]:
    """Return the answers that stood at a moment, oldest first, with those set aside since."""
    return sorted((a for a in answers if a.stands_at(moment)), key=_order)


def _order(answer: GivenAnswer) -> tuple[datetime, str]:
    return answer.since, answer.answer
