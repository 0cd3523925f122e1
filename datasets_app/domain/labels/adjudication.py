"""What an adjudicator's word and two experts' difference make of decisions by votes."""

import numpy as np
from numpy.typing import ArrayLike

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.decision import Decisions, DecisionState, LabelValue, ReachedBy
from datasets_app.domain.votes.answers import ANSWERS

LONGEST_REASON = 500
_VALUES = np.array([LabelValue(answer) for answer in ANSWERS], dtype=object)


def settle_conflicts(by_votes: Decisions, adjudicated: ArrayLike, disputed: ArrayLike) -> Decisions:
    """Return the decisions after adjudication.

    The last adjudication wins over every vote, an expert's included, whenever it was given. Without
    one, a nomination on which experts who refined the clip differ is a conflict, whatever the last
    of them said. All else stands as the votes decided.

    Parameters
    ----------
    by_votes
        The decisions on n nominations.
    adjudicated
        Integers of shape (n,): index into ``ANSWERS`` of the last adjudication, -1 for none.
    disputed
        Booleans of shape (n,): whether experts differ.

    Raises
    ------
    RuleError
        If a shape or an index is outside the above.

    Notes
    -----
    Source: conflicts go to adjudication (DESIGN §3). O(n).

    Examples
    --------
    >>> from datasets_app.domain.labels.decision import decide_nominations
    >>> votes = decide_nominations([[2, 0, 0, 0], [2, 0, 2, 0], [1, 0, 0, 0]], [-1, -1, 0])
    >>> settled = settle_conflicts(votes, [-1, 2, -1], [False, False, True])
    >>> for row in zip(settled.state, settled.value, settled.reached_by): print(*row)
    decided PP agreement
    decided NP adjudication
    conflicted None none
    """
    answer, differ = np.asarray(adjudicated, np.int64), np.asarray(disputed, np.bool_)
    if not answer.shape == differ.shape == by_votes.state.shape:
        raise RuleError(
            f"Received {by_votes.state.size} decisions, {answer.size} adjudications and "
            f"{differ.size} disputes; give one of each for every nomination."
        )
    if ((answer < -1) | (answer >= len(ANSWERS))).any():
        raise RuleError("Received an adjudication outside -1 to 3; give -1 or an ANSWERS index.")
    decisions = _replaced(by_votes, differ, DecisionState.CONFLICTED, None, ReachedBy.NONE)
    is_settled = answer >= 0
    settled = _replaced(decisions, is_settled, DecisionState.DECIDED, None, ReachedBy.ADJUDICATION)
    settled.value[is_settled] = _VALUES[answer[is_settled]]
    return settled


def check_reason(reason: str) -> str:
    """Return the reason of an adjudication without blanks around it.

    Raises
    ------
    RuleError
        It is empty or longer than ``LONGEST_REASON`` (inclusive).

    Examples
    --------
    >>> check_reason("  ")
    Traceback (most recent call last):
    datasets_app.domain.errors.RuleError: The decision has no reason; write one in a few words.
    """
    text = " ".join(reason.split())
    if not text:
        raise RuleError("The decision has no reason; write one in a few words.")
    if len(text) > LONGEST_REASON:
        raise RuleError(
            f"The reason has {len(text)} characters; at most {LONGEST_REASON} are kept. Shorten it."
        )
    return text


def _replaced(
    decisions: Decisions,
    where: np.ndarray,
    state: DecisionState,
    value: LabelValue | None,
    reached_by: ReachedBy,
) -> Decisions:
    """Return a copy with these rows replaced."""
    columns = [decisions.state.copy(), decisions.value.copy(), decisions.reached_by.copy()]
    for column, member in zip(columns, (state, value, reached_by), strict=True):
        column[where] = member
    return Decisions(*columns)
