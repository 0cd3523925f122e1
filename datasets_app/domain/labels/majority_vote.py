"""Truth by majority."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.votes.rating_counts import check_counts

_EQUAL = 1e-9
"""Posteriors this close are a tie, whatever the last bits say."""


@dataclass(frozen=True, slots=True)
class Majority:
    """What most raters said of each unit.

    Attributes
    ----------
    label : int array (n_units,)
        The value most said; of several the first in column order; -1 where nobody voted.
    is_tied : bool array (n_units,)
        Whether several values have the most votes.
    posteriors : float array (n_units, n_values)
        The share of each value; the same for all values where nobody voted.
    """

    label: NDArray[np.int64]
    is_tied: NDArray[np.bool_]
    posteriors: NDArray[np.float64]


def majority_vote(counts: ArrayLike) -> Majority:
    """Return the value that most raters gave each unit.

    A tie goes to the first of its values in column order, so that the same votes always give the
    same label; ``is_tied`` says where. With answers as columns, PP goes before PNP, NP and U.

    Parameters
    ----------
    counts
        Integers >= 0 of shape (n_units, n_values).

    Raises
    ------
    RuleError
        If counts are not as above.

    Notes
    -----
    O(n_units x n_values).

    Examples
    --------
    >>> found = majority_vote([[1, 3], [2, 2], [0, 0]])
    >>> found.label.tolist(), found.is_tied.tolist(), found.posteriors.tolist()
    ([1, 0, -1], [False, True, False], [[0.25, 0.75], [0.5, 0.5], [0.5, 0.5]])
    """
    array = check_counts(counts)
    n_votes = array.sum(axis=1)
    share = array / np.maximum(n_votes, 1)[:, None]
    share[n_votes == 0] = 1 / array.shape[1]
    most = array.max(axis=1, keepdims=True)
    return Majority(
        label=np.where(n_votes > 0, array.argmax(axis=1), -1),
        is_tied=(n_votes > 0) & ((array == most).sum(axis=1) > 1),
        posteriors=share,
    )


def most_probable(posteriors: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return for each unit the value with the highest posterior, the first within 1e-9 of it.

    Examples
    --------
    >>> most_probable(np.array([[0.5, 0.5 + 1e-12], [0.1, 0.9]])).tolist()
    [0, 1]
    """
    highest = posteriors.max(axis=1, keepdims=True)
    return np.asarray((posteriors >= highest - _EQUAL).argmax(axis=1), np.int64)
