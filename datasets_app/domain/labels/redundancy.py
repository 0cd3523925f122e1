"""How many votes a nomination wants: until its answer is clear, and no more.

Conventions: what is true has a prior probability for each value; a vote multiplies these by the
probability that its annotator says so where the value is true. Values fall into outcomes, those
that need telling apart: for the answers, ``PRESENCE_OUTCOMES``. A nomination is decided once an
outcome is probable enough.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.errors import RuleError

FloatArray = NDArray[np.float64]

PRESENCE_OUTCOMES = (0, 0, 1, -1)
"""PP and PNP are one outcome, the sound is there; NP is the other; U, an abstention, is none."""

_LEAST = 1e-10
"""A probability in a confusion matrix is not below this: no single vote is proof."""
_EQUAL = 1e-9
"""A posterior this little below the threshold has reached it: products round."""


def vote_posteriors(
    unit: ArrayLike,
    value: ArrayLike,
    *,
    n_units: int,
    prior: ArrayLike,
    reliability: float = 0.8,
    rater: ArrayLike | None = None,
    confusion: ArrayLike | None = None,
) -> FloatArray:
    """Return how probable each value is for each unit after its votes.

    Parameters
    ----------
    unit, value
        Integers of shape (n_votes,): 0..n_units-1 and 0..n_values-1.
    n_units
        Units without votes keep their prior.
    prior
        Probabilities of the values, (n_values,) for all units or (n_units, n_values), scaled to sum
        to 1; 0 for what cannot be true, such as U.
    reliability
        Of annotators without a matrix: the probability that they say what is true; what is left is
        shared by the other values. Above 0 and below 1.
    rater, confusion
        Both or neither: integers (n_votes,) that index the matrices (n_raters, n_values, n_values)
        of ``dawid_skene``, -1 for an annotator without one.

    Returns
    -------
    Shape (n_units, n_values); rows sum to 1.

    Raises
    ------
    RuleError
        If shapes, indices or probabilities are not as above.

    Notes
    -----
    Source: Bayes' rule with the model of Dawid and Skene 1979. O(n_votes x n_values).

    Examples
    --------
    >>> vote_posteriors([0, 0], [0, 0], n_units=2, prior=[0.5, 0.5]).round(3).tolist()
    [[0.941, 0.059], [0.5, 0.5]]
    """
    priors = _checked_prior(prior, n_units)
    n_values = priors.shape[1]
    errors = _error_table(n_values, reliability, confusion)
    units, values = _indices("unit", unit, 0, n_units), _indices("value", value, 0, n_values)
    raters = np.full(units.shape, -1)
    if confusion is not None:
        raters = _indices("rater", () if rater is None else rater, -1, len(errors) - 1)
    if not units.shape == values.shape == raters.shape:
        raise RuleError(
            f"Received {units.size} units, {values.size} values and {raters.size} raters; give one "
            "of each for a vote."
        )
    log_of_vote = np.log(np.maximum(errors, _LEAST))[raters, :, values]
    with np.errstate(divide="ignore"):
        joint = np.log(priors)
    for column in range(n_values):
        joint[:, column] += np.bincount(units, log_of_vote[:, column], minlength=n_units)
    likelihood = np.exp(joint - joint.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(likelihood / likelihood.sum(axis=1, keepdims=True))


def is_decided(
    posteriors: ArrayLike, *, threshold: float = 0.95, outcomes: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Return whether some outcome of each unit has at least the threshold's probability.

    Parameters
    ----------
    posteriors
        Shape (n_units, n_values).
    threshold
        Inclusive; above 0.5 and below 1, so that only one outcome can reach it.
    outcomes
        For each value the outcome it belongs to, 0 or more, or -1 if it decides nothing; each value
        an outcome of its own if not given.

    Raises
    ------
    RuleError
        If the threshold or the outcomes are not as above.

    Examples
    --------
    >>> posteriors = [[0.5, 0.45, 0.05, 0.0], [0.5, 0.3, 0.2, 0.0]]
    >>> is_decided(posteriors, outcomes=PRESENCE_OUTCOMES).tolist(), is_decided(posteriors).tolist()
    ([True, False], [False, False])
    """
    if not 0.5 < threshold < 1:
        raise RuleError(f"threshold is {threshold:g}; give more than 0.5 and less than 1.")
    probability = np.asarray(posteriors, np.float64)
    n_values = probability.shape[1]
    belongs = np.arange(n_values) if outcomes is None else np.asarray(outcomes, np.int64)
    if belongs.shape != (n_values,) or (belongs < -1).any():
        raise RuleError(
            f"Received outcomes {belongs.tolist()}; give one of 0 or more, or -1, for each of "
            f"{n_values} values."
        )
    member = belongs[:, None] == np.arange(belongs.max(initial=-1) + 1)
    reached = (probability @ member).max(axis=1, initial=0.0)
    return np.asarray(reached >= threshold - _EQUAL)


def wanted_votes(
    posteriors: ArrayLike,
    n_votes: ArrayLike,
    *,
    threshold: float = 0.95,
    min_votes: int = 2,
    max_votes: int = 5,
    outcomes: ArrayLike | None = None,
) -> NDArray[np.int64]:
    """Return how many votes each nomination wants in all; ask while it has fewer.

    One more than it has while it is not decided, none more once it is, and never fewer than
    ``min_votes`` nor more than ``max_votes`` in all: so it is asked vote by vote, each time with
    the posterior of all votes so far.

    Parameters
    ----------
    posteriors
        Shape (n, n_values), from ``vote_posteriors`` or ``dawid_skene``.
    n_votes
        Votes so far, integers of shape (n,).
    threshold, outcomes
        As for ``is_decided``.
    min_votes, max_votes
        Inclusive; 1 or more, the least first.

    Raises
    ------
    RuleError
        If a setting or a shape is not as above.

    Notes
    -----
    Source: DESIGN §3, adaptive redundancy; ours. O(n x n_values).

    Examples
    --------
    >>> wanted_votes([[0.9, 0.1], [0.99, 0.01], [0.99, 0.01], [0.6, 0.4]], [2, 2, 1, 5]).tolist()
    [3, 2, 2, 5]
    """
    if not 1 <= min_votes <= max_votes:
        raise RuleError(
            f"Received {min_votes} to {max_votes} votes; give 1 or more, the least first."
        )
    decided = is_decided(posteriors, threshold=threshold, outcomes=outcomes)
    so_far = np.asarray(n_votes, np.int64)
    if so_far.shape != decided.shape:
        raise RuleError(f"Received {so_far.size} vote counts; give one for each of {decided.size}.")
    return np.clip(so_far + ~decided, min_votes, max_votes)


def _checked_prior(prior: ArrayLike, n_units: int) -> FloatArray:
    values = np.asarray(prior, np.float64)
    if values.ndim == 1:
        values = np.broadcast_to(values, (n_units, len(values)))
    if values.ndim != 2 or len(values) != n_units or not values.shape[1]:
        raise RuleError(f"Received a prior of shape {values.shape}; give one row for each unit.")
    total = values.sum(axis=1, keepdims=True)
    if not ((values >= 0).all() and (total > 0).all() and np.isfinite(total).all()):
        raise RuleError("Received a prior that is negative or all 0; give probabilities.")
    return np.asarray(values / total)


def _error_table(n_values: int, reliability: float, confusion: ArrayLike | None) -> FloatArray:
    """The matrices, and last that of an annotator without one."""
    if not 0 < reliability < 1:
        raise RuleError(f"reliability is {reliability:g}; give a number between 0 and 1.")
    usual = np.full((1, n_values, n_values), (1 - reliability) / max(n_values - 1, 1))
    usual[0][np.diag_indices(n_values)] = reliability
    if confusion is None:
        return usual
    matrices = np.asarray(confusion, np.float64)
    if matrices.ndim != 3 or matrices.shape[1:] != (n_values, n_values):
        raise RuleError(
            f"Received confusion matrices of shape {matrices.shape}; give "
            f"(raters, {n_values}, {n_values})."
        )
    return np.concatenate([matrices, usual])


def _indices(name: str, index: ArrayLike, lowest: int, size: int) -> NDArray[np.int64]:
    array = np.asarray(index, np.int64)
    if array.ndim != 1 or (array.size and not (array.min() >= lowest and array.max() < size)):
        raise RuleError(
            f"Received {name} indices outside {lowest} to {size - 1}; give one per vote."
        )
    return array
