"""Verification clips: when a page hides some, which, where, and what passing means.

On entering a class, and again during it, a page hides clips whose answer is known among the others.
A page that fails them leaves its votes on record but outside every decision. Trust is per annotator
and class. Source: the Freesound Annotator (Fonseca et al. 2017; DESIGN §3); the numbers are ours.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.answers import Answer

ON_ENTRY = 2
"""Verification clips on each page until one was passed, and again after one was failed."""
LATER = 1
"""Verification clips on a later page that has some."""
LATER_SHARE = 0.2
"""The probability that a later page has some."""
LONGEST_PAUSE = 8
"""A page has some if this many (inclusive) pages went without."""
MOST_MEETINGS = 3
"""How often one annotator meets one verification clip (inclusive), ever."""
PASSING_SHARE = 0.75
"""A page passes with at least this share of its judged answers right (inclusive)."""


class Outcome(StrEnum):
    """What a page's verification clips say of it; OPEN where none was clearly answered."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A verification clip, how often this annotator met it, and when last."""

    key: int
    n_met: int
    last_met: datetime | None


def n_verification_clips(
    *, is_verified: bool, is_trusted: bool, n_pages_since: int, rng: Random
) -> int:
    """Return how many verification clips the next page should hide.

    Parameters
    ----------
    is_verified
        Whether a page of this class was passed before.
    is_trusted
        Whether the last judged page passed.
    n_pages_since
        Pages without any since the last that had some.
    rng
        Decides on later pages, so that nobody can count them out.

    Raises
    ------
    RuleError
        If the number of pages is negative.

    Examples
    --------
    >>> asked = {"is_trusted": True, "n_pages_since": 0, "rng": Random(1)}
    >>> n_verification_clips(is_verified=False, **asked)
    2
    >>> n_verification_clips(is_verified=True, is_trusted=True, n_pages_since=8, rng=Random(1))
    1
    """
    if n_pages_since < 0:
        raise RuleError(f"Received {n_pages_since} pages; give 0 or more.")
    if not (is_verified and is_trusted):
        return ON_ENTRY
    is_due = n_pages_since >= LONGEST_PAUSE or rng.random() < LATER_SHARE
    return LATER if is_due else 0


def choose_verification_clips(candidates: Iterable[Candidate], n: int, *, rng: Random) -> list[int]:
    """Return the keys of up to ``n`` clips: least often met first, then longest ago, then by lot.

    Those met ``MOST_MEETINGS`` times are left out. O(k log k) for k candidates.

    Examples
    --------
    >>> old, new = datetime(2026, 1, 1), datetime(2026, 2, 1)
    >>> some = [Candidate(1, 1, new), Candidate(2, 1, old), Candidate(3, 3, old)]
    >>> choose_verification_clips([*some, Candidate(4, 0, None)], 2, rng=Random(0))
    [4, 2]
    """
    usable = [c for c in candidates if c.n_met < MOST_MEETINGS]
    usable.sort(key=lambda c: c.key)
    rng.shuffle(usable)
    usable.sort(key=lambda c: (c.n_met, c.last_met.timestamp() if c.last_met else 0.0))
    return [c.key for c in usable[:n]]


def hidden_positions(n_hidden: int, n_all: int, *, rng: Random) -> list[int]:
    """Return where the hidden clips stand among all of a page, ascending, each place as likely.

    Raises
    ------
    RuleError
        If there are more hidden clips than places.

    Examples
    --------
    >>> hidden_positions(2, 2, rng=Random(0))
    [0, 1]
    """
    if not 0 <= n_hidden <= n_all:
        raise RuleError(f"Received {n_hidden} hidden clips for {n_all} places; give no more.")
    return sorted(rng.sample(range(n_all), n_hidden))


def is_right(known: Answer, given: Answer) -> bool | None:
    """Return whether an answer agrees with the known one; None for "unsure", which is neither.

    PP and PNP agree: they say both that the sound is there, and whether it predominates is a matter
    of degree.

    Raises
    ------
    RuleError
        If the known answer is "unsure".

    Examples
    --------
    >>> [is_right(Answer.PP, given) for given in (Answer.PNP, Answer.NP, Answer.U)]
    [True, False, None]
    """
    if known is Answer.U:
        raise RuleError("Received U as a known answer; give PP, PNP or NP.")
    if given is Answer.U:
        return None
    return (known is Answer.NP) == (given is Answer.NP)


def judge_page(answers: Sequence[tuple[Answer, Answer | None]]) -> Outcome:
    """Return what the verification clips of one page say, from (known, given) answers.

    "Unsure" and unanswered ones (None) do not count. Of those that do, ``PASSING_SHARE``
    (inclusive) must be right; without any the page stays open: it neither makes nor breaks trust.

    Examples
    --------
    >>> pp, np = Answer.PP, Answer.NP
    >>> pages = [(pp, pp), (np, np)], [(pp, np), (np, np)], [(pp, Answer.U)]
    >>> [str(judge_page(page)) for page in pages]
    ['passed', 'failed', 'open']
    """
    found = [is_right(known, given) for known, given in answers if given is not None]
    judged = [right for right in found if right is not None]
    if not judged:
        return Outcome.OPEN
    return Outcome.PASSED if sum(judged) >= PASSING_SHARE * len(judged) else Outcome.FAILED
