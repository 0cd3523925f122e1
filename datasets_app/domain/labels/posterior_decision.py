"""From posteriors to decisions, where the truth is inferred instead of counted.

Conventions: columns are those of ``ANSWERS``; outcomes are ``PRESENCE_OUTCOMES``.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.labels.decision import (
    Decisions,
    DecisionState,
    LabelValue,
    ReachedBy,
    decide_nominations,
)
from datasets_app.domain.labels.majority_vote import majority_vote
from datasets_app.domain.labels.redundancy import PRESENCE_OUTCOMES, is_decided
from datasets_app.domain.votes.answers import ANSWERS


def decide_by_posterior(
    posteriors: ArrayLike,
    counts: ArrayLike,
    last_expert: ArrayLike,
    *,
    threshold: float = 0.95,
) -> Decisions:
    """Decide what is probable enough; leave the rest as the two-votes rule leaves it.

    The last expert vote wins. Otherwise presence (PP and PNP together) or absence is decided once
    its posterior reaches the threshold (inclusive); of PP and PNP the more probable is the value,
    PRESENT if they are equal. What is not decided is a conflict where two say present and two say
    not, else incomplete.

    Parameters
    ----------
    posteriors
        Shape (n, 4), from ``dawid_skene`` or ``vote_posteriors``.
    counts, last_expert
        As for ``decide_nominations``.
    threshold
        As for ``is_decided``.

    Raises
    ------
    RuleError
        As ``decide_nominations`` and ``is_decided``.

    Notes
    -----
    Source: Dawid and Skene 1979 for the posteriors; the threshold is ours. O(n).

    Examples
    --------
    >>> likely = [[0.9, 0.08, 0.02, 0.0], [0.5, 0.1, 0.4, 0.0], [0.01, 0.01, 0.98, 0.0]]
    >>> found = decide_by_posterior(likely, [[2, 0, 0, 0], [2, 0, 2, 0], [0, 0, 1, 0]], [-1] * 3)
    >>> [str(state) for state in found.state], [value and str(value) for value in found.value]
    (['decided', 'conflicted', 'decided'], ['PP', None, 'NP'])
    """
    by_rule = decide_nominations(counts, last_expert)
    probability = np.asarray(posteriors, np.float64).reshape(-1, len(PRESENCE_OUTCOMES))
    clear = is_decided(probability, threshold=threshold, outcomes=PRESENCE_OUTCOMES)
    return _decided(by_rule, clear, _most_probable(probability), ReachedBy.POSTERIOR)


def decide_by_majority(
    counts: ArrayLike, last_expert: ArrayLike, *, min_votes: int = 2
) -> Decisions:
    """Decide for the answer that most annotators gave; leave ties as the two-votes rule would.

    Parameters, errors and the expert's precedence as for ``decide_nominations``. A nomination with
    fewer than ``min_votes`` (inclusive) votes stays incomplete. O(n).

    Examples
    --------
    >>> found = decide_by_majority([[2, 0, 1, 0], [2, 0, 2, 0], [1, 0, 0, 0]], [-1] * 3)
    >>> [str(state) for state in found.state], [value and str(value) for value in found.value]
    (['decided', 'conflicted', 'incomplete'], ['PP', None, None])
    """
    by_rule = decide_nominations(counts, last_expert)
    votes = np.asarray(counts, np.int64).reshape(-1, len(ANSWERS))
    majority = majority_vote(votes)
    clear = ~majority.is_tied & (votes.sum(axis=1) >= min_votes)
    return _decided(by_rule, clear, _ANSWER_VALUES[majority.label], ReachedBy.AGREEMENT)


def _decided(
    by_rule: Decisions,
    clear: NDArray[np.bool_],
    value: NDArray[np.object_],
    reached_by: ReachedBy,
) -> Decisions:
    """Experts' decisions stand; what is clear is decided; the rest clashes or is incomplete."""
    by_expert = by_rule.reached_by == ReachedBy.EXPERT
    clashing = by_rule.state == DecisionState.CONFLICTED
    state = np.where(clear | by_expert, 2, np.where(clashing, 1, 0))
    how = np.where(by_expert, 2, np.where(clear, 1, 0))
    found = np.where(by_expert, by_rule.value, value)
    return Decisions(
        state=_STATES[state],
        value=np.where(state == 2, found, _NOTHING),
        reached_by=_objects(ReachedBy.NONE, reached_by, ReachedBy.EXPERT)[how],
    )


def _most_probable(probability: NDArray[np.float64]) -> NDArray[np.object_]:
    predominant, beside, absent = probability[:, 0], probability[:, 1], probability[:, 2]
    present = predominant + beside > absent
    choice = np.where(predominant > beside, 0, np.where(predominant < beside, 1, 2))
    return _VALUES[np.where(present, choice, 3)]


def _objects(*members: object) -> NDArray[np.object_]:
    """Return an array of the members themselves, where numpy would make strings of them."""
    array = np.empty(len(members), dtype=object)
    array[:] = members
    return array


_STATES = _objects(DecisionState.INCOMPLETE, DecisionState.CONFLICTED, DecisionState.DECIDED)
_VALUES = _objects(LabelValue.PP, LabelValue.PNP, LabelValue.PRESENT, LabelValue.NP)
_ANSWER_VALUES = _objects(*(LabelValue(answer) for answer in ANSWERS))
_NOTHING = _objects(None)
