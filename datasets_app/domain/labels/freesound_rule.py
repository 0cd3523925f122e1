"""The Freesound Annotator's own two-votes rule, to compare with."""

import numpy as np
from numpy.typing import ArrayLike

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.decision import Decisions, DecisionState, LabelValue, ReachedBy
from datasets_app.domain.votes.answers import ANSWERS
from datasets_app.domain.votes.rating_counts import check_counts

_VALUES = np.array([*(LabelValue(answer.value) for answer in ANSWERS), None], dtype=object)


def freesound_annotator_rule(counts: ArrayLike) -> Decisions:
    """Decide as the Freesound Annotator did: the first answer that two annotators share.

    The answers are tried in the order PP, PNP, NP, U. So 2 PP and 2 NP is PP, where
    ``decide_nominations`` sees a conflict; and 1 PP and 1 PNP is undecided, where it sees presence.

    Parameters
    ----------
    counts
        Integers >= 0 of shape (n, 4), columns as ``ANSWERS``.

    Returns
    -------
    Decided or incomplete, never conflicted.

    Raises
    ------
    RuleError
        If counts are not as above.

    Notes
    -----
    Source: the Freesound Annotator's ground truth state (Fonseca et al. 2017; DESIGN §3). O(n).

    Examples
    --------
    >>> decided = freesound_annotator_rule([[2, 0, 2, 0], [1, 2, 0, 0], [1, 1, 0, 0]])
    >>> [value and str(value) for value in decided.value]
    ['PP', 'PNP', None]
    """
    array = check_counts(counts)
    if array.shape[1] != len(ANSWERS):
        raise RuleError(f"Received counts of {array.shape[1]} answers; give {len(ANSWERS)}.")
    shared = np.column_stack([array >= 2, np.ones(len(array), bool)])
    first = shared.argmax(axis=1)
    decided = first < len(ANSWERS)
    states = np.array([DecisionState.INCOMPLETE, DecisionState.DECIDED], dtype=object)
    reached = np.array([ReachedBy.NONE, ReachedBy.AGREEMENT], dtype=object)
    return Decisions(states[decided.astype(int)], _VALUES[first], reached[decided.astype(int)])
