"""From the votes on a nomination to one decision.

Conventions: a count matrix has one row per nomination and one column per answer, in the order of
``ANSWERS`` (PP, PNP, NP, U); untrusted votes are left out before counting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.answers import ANSWERS, Answer


class DecisionState(StrEnum):
    """How far a nomination has come: too few answers, answers that clash, or a decision."""

    INCOMPLETE = "incomplete"
    CONFLICTED = "conflicted"
    DECIDED = "decided"


class LabelValue(StrEnum):
    """What was decided. PRESENT: the sound is there, but its predominance is open."""

    PP = "PP"
    PNP = "PNP"
    PRESENT = "PRESENT"
    NP = "NP"
    U = "U"


class ReachedBy(StrEnum):
    """What made the decision: nothing yet, annotators who agree, an expert, a posterior, or an
    adjudicator's word.
    """

    NONE = "none"
    AGREEMENT = "agreement"
    EXPERT = "expert"
    POSTERIOR = "posterior"
    ADJUDICATION = "adjudication"


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on one nomination; ``value`` is None unless it is DECIDED."""

    state: DecisionState
    value: LabelValue | None
    reached_by: ReachedBy


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions on n nominations: three object arrays of shape (n,), rows as given."""

    state: NDArray[np.object_]
    value: NDArray[np.object_]
    reached_by: NDArray[np.object_]


_OUTCOMES: tuple[tuple[DecisionState, LabelValue | None], ...] = (
    (DecisionState.DECIDED, LabelValue.PP),
    (DecisionState.DECIDED, LabelValue.PNP),
    (DecisionState.DECIDED, LabelValue.NP),
    (DecisionState.DECIDED, LabelValue.U),
    (DecisionState.DECIDED, LabelValue.PRESENT),
    (DecisionState.CONFLICTED, None),
    (DecisionState.INCOMPLETE, None),
)  # the first four stand where ANSWERS has the same answer, so an expert's index is its outcome
_PP, _PNP, _NP, _U, _PRESENT, _CONFLICTED, _INCOMPLETE = range(len(_OUTCOMES))
_STATES = np.array([state for state, _ in _OUTCOMES], dtype=object)
_VALUES = np.array([value for _, value in _OUTCOMES], dtype=object)
_REACHED_BY = np.array([ReachedBy.NONE, ReachedBy.AGREEMENT, ReachedBy.EXPERT], dtype=object)


def decide_nominations(
    counts: ArrayLike, last_expert: ArrayLike, *, votes_to_agree: int = 2
) -> Decisions:
    """Decide many nominations from their counts of trusted votes.

    The last expert vote wins. Otherwise, with present = PP + PNP and k = ``votes_to_agree``
    (inclusive bounds): present >= k and NP >= k is a conflict; present >= k is PP if PP >= k and
    PNP < k, PNP if PNP >= k and PP < k, else PRESENT; NP >= k is NP; U >= k is U; else incomplete.

    Parameters
    ----------
    counts
        Integers >= 0 of shape (n, 4), columns as ``ANSWERS``.
    last_expert
        Integers of shape (n,): index into ``ANSWERS`` of the last expert vote, or -1 for none.
    votes_to_agree
        How many annotators must share an answer; at least 1.

    Raises
    ------
    RuleError
        If a shape, a count, an index or ``votes_to_agree`` is outside the above.

    Notes
    -----
    Source: the Freesound Annotator's two-votes rule (DESIGN §3), mended: a conflict is not PP, PP
    and PNP agree on presence, and too few differs from conflicted. O(n).

    Examples
    --------
    >>> decided = decide_nominations([[2, 0, 0, 0], [2, 0, 2, 0]], [-1, 2])
    >>> [str(value) for value in decided.value], [str(by) for by in decided.reached_by]
    (['PP', 'NP'], ['agreement', 'expert'])
    """
    count_array, expert = _check_votes(counts, last_expert, votes_to_agree)
    by_people = _outcomes_of_counts(count_array, votes_to_agree)
    outcome = np.where(expert >= 0, expert, by_people)
    decided_by = np.where(expert >= 0, 2, np.where(by_people < _CONFLICTED, 1, 0))
    return Decisions(_STATES[outcome], _VALUES[outcome], _REACHED_BY[decided_by])


def decide_nomination(
    counts: Sequence[int], last_expert: Answer | None = None, *, votes_to_agree: int = 2
) -> Decision:
    """Decide one nomination; the rule, its errors and its source are ``decide_nominations``'s.

    Examples
    --------
    >>> def row(*counts, expert=None):
    ...     decision = decide_nomination(counts, expert)
    ...     print(decision.state, decision.value, decision.reached_by)
    >>> #   PP PNP NP U
    >>> row(0, 0, 0, 0)
    incomplete None none
    >>> row(1, 0, 1, 1)
    incomplete None none
    >>> row(2, 0, 1, 0)
    decided PP agreement
    >>> row(1, 2, 0, 0)
    decided PNP agreement
    >>> row(1, 1, 0, 0)
    decided PRESENT agreement
    >>> row(2, 2, 0, 0)
    decided PRESENT agreement
    >>> row(1, 0, 2, 0)
    decided NP agreement
    >>> row(2, 0, 2, 0)
    conflicted None none
    >>> row(1, 1, 2, 0)
    conflicted None none
    >>> row(1, 0, 1, 2)
    decided U agreement
    >>> row(2, 0, 0, 5)
    decided PP agreement
    >>> row(2, 0, 2, 0, expert=Answer.PNP)
    decided PNP expert
    """
    expert = -1 if last_expert is None else ANSWERS.index(last_expert)
    decided = decide_nominations([list(counts)], [expert], votes_to_agree=votes_to_agree)
    return Decision(decided.state[0], decided.value[0], decided.reached_by[0])


def is_present(value: LabelValue | None) -> bool:
    """Return whether a value says that the sound is in the clip.

    Examples
    --------
    >>> [is_present(value) for value in LabelValue]
    [True, True, True, False, False]
    >>> is_present(None)
    False
    """
    return value in (LabelValue.PP, LabelValue.PNP, LabelValue.PRESENT)


def _outcomes_of_counts(counts: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    pp, pnp, absent, unsure = counts.T
    present = pp + pnp
    return np.select(
        [
            (present >= k) & (absent >= k),
            (pp >= k) & (pnp < k),
            (pnp >= k) & (pp < k),
            present >= k,
            absent >= k,
            unsure >= k,
        ],
        [_CONFLICTED, _PP, _PNP, _PRESENT, _NP, _U],
        default=_INCOMPLETE,
    )


def _check_votes(
    counts: ArrayLike, last_expert: ArrayLike, votes_to_agree: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    count_array = np.asarray(counts, dtype=np.int64)
    if count_array.size == 0:
        count_array = count_array.reshape(-1, len(ANSWERS))
    expert = np.asarray(last_expert, dtype=np.int64)
    if votes_to_agree < 1:
        raise RuleError(f"votes_to_agree is {votes_to_agree}; give 1 or more.")
    if count_array.shape != (expert.size, len(ANSWERS)) or expert.ndim != 1:
        raise RuleError(
            f"Received counts of shape {count_array.shape} and experts of shape {expert.shape}; "
            f"give (n, {len(ANSWERS)}) and (n,)."
        )
    if (count_array < 0).any():
        raise RuleError(f"Received vote count {count_array.min()}; give 0 or more.")
    if ((expert < -1) | (expert >= len(ANSWERS))).any():
        raise RuleError("Received an expert answer outside -1 to 3; give -1 or an ANSWERS index.")
    return count_array, expert
