"""Truth inference by Dawid and Skene: who errs how, and what is therefore true.

The model: a unit has one true value z with probability ``priors[z]``; rater r says v with
probability ``confusion[r, z, v]``, independently of the other raters. Expectation-maximisation
alternates between the posteriors of z and the probabilities that these imply, starting from the
shares of votes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from datasets_app.domain.errors import RuleError
from datasets_app.domain.labels.majority_vote import most_probable
from datasets_app.domain.votes.vote_table import VoteTable, vote_table

FloatArray = NDArray[np.float64]

_LEAST = 1e-10
"""Probabilities are not below this, so that no single vote is proof."""


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """The outcome.

    Attributes
    ----------
    units, raters : int arrays
        The codes of the units and raters of the votes, ascending: what the rows below stand for.
    posteriors : float array (n_units, n_values)
        Probability of each value being true; rows sum to 1.
    confusion : float array (n_raters, n_values, n_values)
        [r, z, v]: probability that r says v where z is true; rows sum to 1. Without smoothing, a
        row of which nothing is known is uniform over the values that r gave.
    priors : float array (n_values,)
        Share of each true value.
    log_likelihood : float
        Of the votes, in nats, under the probabilities that gave ``posteriors``.
    n_iterations : int
        Iterations run.
    has_converged : bool
        Whether the last one gained less than the tolerance.
    """

    units: NDArray[np.int64]
    raters: NDArray[np.int64]
    posteriors: FloatArray
    confusion: FloatArray
    priors: FloatArray
    log_likelihood: float
    n_iterations: int
    has_converged: bool

    @property
    def labels(self) -> NDArray[np.int64]:
        """The most probable value of each unit; of equals (within 1e-9) the first."""
        return most_probable(self.posteriors)


def dawid_skene(
    unit: ArrayLike,
    rater: ArrayLike,
    value: ArrayLike,
    n_values: int = 4,
    *,
    max_iterations: int = 100,
    tolerance: float = 1e-5,
    smoothing: float = 0.0,
) -> DawidSkene:
    """Return the posteriors of the true values and each rater's confusion matrix.

    Parameters
    ----------
    unit, rater
        Integer codes of shape (n_votes,); any will do. Every vote counts.
    value
        Integers 0..n_values-1. A value that nobody gave is never true: posterior and prior are 0.
    max_iterations
        At least 1.
    tolerance
        Stops when an iteration raises the log-likelihood per vote by less than this; -inf runs all.
    smoothing
        Votes added to every cell of every confusion matrix, 0 or more: with 1, a rater of few votes
        is believed to be average rather than infallible.

    Raises
    ------
    RuleError
        If the arrays differ in length, there is no vote, a value is out of range or a setting is.

    Notes
    -----
    Source: Dawid and Skene 1979, *Applied Statistics* 28(1). Without smoothing, initialisation,
    steps and lower bounds are those of crowd-kit's ``DawidSkene``, so the same iterations give the
    same posteriors; its stopping rule differs. Cost per iteration: two sparse products of n_votes x
    n_values, and O(n_units x n_values).

    Examples
    --------
    >>> found = dawid_skene([0, 0, 0, 1, 1, 1, 2, 2, 2], [1, 2, 3] * 3,
    ...                     [0, 0, 1, 1, 1, 0, 0, 0, 1], n_values=2)
    >>> found.labels.tolist(), found.confusion[2].round(2).tolist()
    ([0, 1, 0], [[0.0, 1.0], [1.0, 0.0]])
    """
    _check_settings(max_iterations, tolerance, smoothing)
    table = vote_table(unit, rater, value, n_values)
    if not table.value.size:
        raise RuleError("Received no votes; give one or more.")
    model = _Model(table, n_values, smoothing)
    posteriors = model.shares_of_votes()
    least_gain = tolerance * table.value.size
    log_likelihood, gain, n_iterations = -np.inf, np.inf, 0
    while n_iterations < max_iterations and gain >= least_gain:
        last = log_likelihood
        model.maximise(posteriors)
        posteriors, log_likelihood = model.expect()
        gain = log_likelihood - last
        n_iterations += 1
    priors, confusion = model.probabilities(posteriors)
    return DawidSkene(
        units=table.units,
        raters=table.raters,
        posteriors=model.widened(posteriors),
        confusion=confusion,
        priors=priors,
        log_likelihood=log_likelihood,
        n_iterations=n_iterations,
        has_converged=bool(gain < least_gain),
    )


class _Model:
    """The two steps, over the values that occur.

    ``_said`` is a sparse (n_units, n_raters x n_said) matrix that counts votes; a column is a rater
    and what the rater said. What depends on it is linear in it.
    """

    def __init__(self, table: VoteTable, n_values: int, smoothing: float) -> None:
        self._seen = np.flatnonzero(np.bincount(table.value, minlength=n_values))
        value = np.searchsorted(self._seen, table.value)
        self._n_values, self._smoothing = n_values, smoothing
        self._n_raters, n_seen = len(table.raters), len(self._seen)
        n_units = len(table.units)
        self._said = _count_matrix(
            table.unit, table.rater * n_seen + value, (n_units, self._n_raters * n_seen)
        )
        self._of_value = _count_matrix(table.unit, value, (n_units, n_seen))
        self._by_rater: Any = self._said.T.tocsr()
        self._is_given = np.diff(self._by_rater.indptr).reshape(self._n_raters, n_seen) > 0

    def shares_of_votes(self) -> FloatArray:
        """The start."""
        votes: FloatArray = self._of_value.toarray()
        return np.asarray(votes / votes.sum(axis=1, keepdims=True))

    def maximise(self, posteriors: FloatArray) -> None:
        """Set the probabilities that the posteriors make most likely."""
        n_seen = len(self._seen)
        self._priors: FloatArray = np.add.reduce(posteriors.T.copy(), axis=1) / len(posteriors)
        mass = (self._by_rater @ posteriors).reshape(self._n_raters, n_seen, n_seen)
        mass = np.maximum(mass + self._smoothing, _LEAST)
        if not self._smoothing:
            mass = np.where(self._is_given[:, :, None], mass, 0)
        self._errors: FloatArray = mass / mass.sum(axis=1, keepdims=True)

    def expect(self) -> tuple[FloatArray, float]:
        """Return the posteriors under the probabilities, and the log-likelihood of the votes."""
        with np.errstate(divide="ignore"):
            log_errors = np.log(self._errors).reshape(-1, len(self._seen))
        log_errors[np.isneginf(log_errors)] = 0  # cells of votes that nobody cast
        joint = self._said @ log_errors + np.log(np.maximum(self._priors, _LEAST))
        highest = np.maximum.reduce(joint.T.copy())  # a column at a time: rows are short
        joint -= highest[:, None]
        likelihood = np.exp(joint, out=joint)
        total = np.add.reduce(likelihood.T.copy())
        likelihood /= total[:, None]
        return likelihood, float(highest.sum() + np.log(total).sum())

    def probabilities(self, posteriors: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return priors and confusion over all values, seen or not."""
        self.maximise(posteriors)
        priors = np.zeros(self._n_values)
        priors[self._seen] = self._priors
        given = self._is_given[:, None, :] | bool(self._smoothing)
        blank = np.broadcast_to(given / given.sum(axis=2, keepdims=True), self._errors.shape)
        confusion = np.zeros((self._n_raters, self._n_values, self._n_values))
        confusion[:, :, self._seen] = blank[:, :1, :]
        confusion[:, self._seen[:, None], self._seen[None, :]] = self._errors.transpose(0, 2, 1)
        return priors, confusion

    def widened(self, posteriors: FloatArray) -> FloatArray:
        """Return the posteriors over all values, seen or not."""
        wide = np.zeros((len(posteriors), self._n_values))
        wide[:, self._seen] = posteriors
        return wide


def _count_matrix(row: NDArray[np.int64], column: NDArray[np.int64], shape: tuple[int, int]) -> Any:
    """How often each (row, column) occurs; 4-byte indices, where they do, halve the memory read."""
    width = np.int32 if max(*shape, row.size) < 2**31 else np.int64
    places = (row.astype(width), column.astype(width))
    return csr_array((np.ones(row.size), places), shape=shape)


def _check_settings(max_iterations: int, tolerance: float, smoothing: float) -> None:
    if max_iterations < 1:
        raise RuleError(f"max_iterations is {max_iterations}; give 1 or more, such as 100.")
    if np.isnan(tolerance):
        raise RuleError("tolerance is not a number; give one, such as 1e-5.")
    if not 0 <= smoothing < np.inf:
        raise RuleError(f"smoothing is {smoothing:g}; give 0 or more.")
