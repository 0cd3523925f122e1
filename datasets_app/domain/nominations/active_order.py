"""Orders of the queue that ask people first where their answer helps the model most.

Each order gives every open nomination of a class a value, higher first, nan where nothing is known;
``places`` turns values into the part of a priority below 1000, so that present votes so far still
come first: what is half decided is finished before something new is begun.

- *Uncertain*: the entropy of the model's score. For one class at a time entropy, margin and
  distance from 0.5 give the same order (Settles 2009, §3.1), so that there is one of them.
- *Thin classes*: the expected step of a class towards its goal, P(present) x what it lacks.
- *Diverse*: farthest-first traversal of embeddings (Gonzalez 1985; core-set selection, Sener and
  Savarese 2018), from what was heard already.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.errors import RuleError

FIRST_PLACE, LAST_PLACE = 999, 500
"""Places of nominations with a value; those without stand below, in the standard order."""
N_LEVELS = 100
"""Different values share so many places, so that priorities are few; the shuffle breaks ties."""
MOST_VISITED = 500
"""Clips of a class that a farthest-first traversal puts in order; the others follow."""

Floats = NDArray[np.float64]


def uncertainty(scores: ArrayLike) -> Floats:
    """Return the binary entropy of scores in bits, 0 to 1; nan stays.

    Raises
    ------
    RuleError
        A score is below 0 or above 1.

    Examples
    --------
    >>> uncertainty([0.0, 0.5, 0.9, 1.0]).round(3).tolist()
    [0.0, 1.0, 0.469, 0.0]
    """
    p = _probabilities(scores)
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
    return np.asarray(np.where((p == 0) | (p == 1), 0.0, bits), np.float64)


def expected_gain(p_present: ArrayLike, n_present: ArrayLike, goal: ArrayLike) -> Floats:
    """Return how far an answer is expected to bring its class: P(present) x share it lacks.

    Parameters
    ----------
    p_present
        The model's score, or the share of the class's judged nominations that were present; nan
        where nothing is known.
    n_present, goal
        Clips that have the class, and clips it should have; counts of shapes that fit. A class at
        its goal or beyond gains nothing.

    Raises
    ------
    RuleError
        A probability or a count is out of range.

    Examples
    --------
    >>> expected_gain([0.8, 0.8, 0.8], [0, 50, 100], 100).tolist()
    [0.8, 0.4, 0.0]
    """
    p = _probabilities(p_present)
    have, wanted = np.asarray(n_present, float), np.asarray(goal, float)
    if not ((have >= 0).all() and (wanted >= 0).all()):
        raise RuleError("Received a count of clips below 0; give 0 or more.")
    lacks = np.where(wanted > 0, np.clip(1 - have / np.maximum(wanted, 1), 0, 1), 0.0)
    return np.asarray(p * lacks, np.float64)


def share_present(n_present: ArrayLike, n_absent: ArrayLike) -> Floats:
    """Return each class's share of present among judged nominations, drawn towards one half.

    (n + 1) / (total + 2), Laplace's rule of succession, so that two answers do not make certainty.

    Examples
    --------
    >>> share_present([0, 9], [0, 1]).round(3).tolist()
    [0.5, 0.833]
    """
    present, absent = np.asarray(n_present, float), np.asarray(n_absent, float)
    return np.asarray((present + 1) / (present + absent + 2), np.float64)


def diversity(
    embeddings: NDArray[np.float32],
    heard: NDArray[np.float32] | None = None,
    *,
    most_visited: int = MOST_VISITED,
) -> Floats:
    """Return values by farthest-first traversal: 1 for the clip least like all heard, falling.

    Parameters
    ----------
    embeddings
        Shape (n_clips, size), of the clips to put in order; compared by cosine.
    heard
        Shape (n_heard, size), of clips people have judged; None or empty begins with the clip least
        like the others' mean.
    most_visited
        Clips that the traversal orders, 1 or more; the others get 0.

    Returns
    -------
    float array (n_clips,), in [0, 1]; equal clips in their order.

    Raises
    ------
    RuleError
        The arrays are no finite matrices of one width.

    Notes
    -----
    O((n_heard + most_visited) x n_clips x size).

    Examples
    --------
    >>> rows = np.array([[1, 0], [0.9, 0.1], [0, 1]], np.float32)
    >>> diversity(rows, rows[:1]).round(2).tolist()
    [0.33, 0.67, 1.0]
    """
    unit = _unit_rows(embeddings)
    n = len(unit)
    if n == 0:
        return np.zeros(0)
    begins_anew = heard is None or not len(heard)
    if heard is not None and len(heard):
        known = _unit_rows(heard)
        if known.shape[1] != unit.shape[1]:
            raise RuleError("Received embeddings of two widths; give those of one provider.")
        nearest = np.full(n, -np.inf)
        for row in known:
            np.maximum(nearest, unit @ row, out=nearest)
    else:
        nearest = unit @ unit.mean(axis=0)
    values = np.zeros(n)
    is_left = np.ones(n, bool)
    for rank in range(min(n, most_visited)):
        chosen = int(np.argmin(np.where(is_left, nearest, np.inf)))
        values[chosen] = 1 - rank / n
        is_left[chosen] = False
        like = unit @ unit[chosen]
        nearest = like if begins_anew and rank == 0 else np.maximum(nearest, like)
    return values


def places(values: ArrayLike, standard: ArrayLike) -> Floats:
    """Return the part of each priority below 1000: by rank of its value, else as it was.

    Parameters
    ----------
    values
        Of one order, higher first; nan where nothing is known.
    standard
        Priorities of the standard order without votes; of those without a value the part below
        ``LAST_PLACE`` stands.

    Examples
    --------
    >>> places([0.9, 0.1, np.nan], [301, 100, 301]).tolist()
    [999.0, 994.0, 301.0]
    """
    wanted = np.asarray(values, float)
    found: Floats = np.minimum(np.asarray(standard, float), LAST_PLACE - 1)
    known = np.isfinite(wanted)
    if known.any():
        _, rank = np.unique(-wanted[known], return_inverse=True)
        n_apart = max(int(rank.max()), 1)
        level = np.rint(rank * (N_LEVELS - 1) / n_apart) if n_apart >= N_LEVELS else rank
        found[known] = FIRST_PLACE - (FIRST_PLACE - LAST_PLACE + 1) // N_LEVELS * level
    return found


def ordered_priority(n_present_votes: ArrayLike, place: ArrayLike) -> Floats:
    """Return 1000 p + place, of a nomination with p trusted PP and PNP votes.

    Examples
    --------
    >>> ordered_priority([0, 2], [999, 500]).tolist()
    [999.0, 2500.0]
    """
    return np.asarray(
        1000 * np.asarray(n_present_votes, float) + np.asarray(place, float), np.float64
    )


def kept_priority(n_present_votes: ArrayLike, priority: ArrayLike, standard: ArrayLike) -> Floats:
    """Return a priority whose place stays as it was while its votes changed.

    A nomination that has no place yet gets the one of ``standard``, as in ``places``.

    Examples
    --------
    >>> kept_priority([1, 0, 1], [999.0, 1500.0, 0.0], [300, 300, 300]).tolist()
    [1999.0, 500.0, 1300.0]
    """
    held = np.asarray(priority, float) % 1000
    beside = np.minimum(np.asarray(standard, float), LAST_PLACE - 1)
    return ordered_priority(n_present_votes, np.where(held > 0, held, beside))


def _probabilities(values: ArrayLike) -> Floats:
    p = np.asarray(values, np.float64)
    known = p[~np.isnan(p)]
    if not ((known >= 0) & (known <= 1)).all():
        raise RuleError("Received a score outside 0 to 1; give probabilities.")
    return p


def _unit_rows(rows: NDArray[np.float32]) -> Floats:
    found = np.asarray(rows, np.float64)
    if found.ndim != 2 or not np.isfinite(found).all():
        raise RuleError("Received embeddings that are no matrix of finite numbers.")
    norms = np.linalg.norm(found, axis=1, keepdims=True)
    unit: Floats = np.divide(found, norms, out=np.zeros_like(found), where=norms > 0)
    return unit
