"""Labels implied upwards in the ontology."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import LabelMatrix, as_label_matrix, label_matrix


def ancestor_matrix(n_classes: int, pairs: Iterable[tuple[int, int]]) -> LabelMatrix:
    """Return which classes a label of each class implies.

    Parameters
    ----------
    n_classes
        Number of classes.
    pairs
        (class, ancestor) indices of propagating pairs; direct parents are enough, for the matrix is
        closed here, and closure rows are fine too.

    Returns
    -------
    Boolean csr array (n_classes, n_classes): row = class, column = propagating ancestor.

    Raises
    ------
    RuleError
        If an index is outside 0..n_classes-1 or a class would be its own ancestor.

    Notes
    -----
    Cost: O(log(depth)) sparse products.

    Examples
    --------
    >>> ancestor_matrix(3, [(0, 1), (1, 2)]).toarray().astype(int)
    array([[0, 1, 1],
           [0, 0, 1],
           [0, 0, 0]])
    """
    both = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    closed = label_matrix(both[:, 0], both[:, 1], (n_classes, n_classes))
    while True:
        wider = as_label_matrix(closed + closed @ closed)
        if wider.nnz == closed.nnz:
            break
        closed = wider
    looped = np.flatnonzero(closed.diagonal())
    if looped.size:
        raise RuleError(
            f"Classes {looped.tolist()} are ancestors of themselves; remove an edge of the cycle."
        )
    return closed


def propagate_labels(labels: Any, ancestors: Any, *, blocked: Any = None) -> LabelMatrix:
    """Return the labels that others imply and that are not there yet.

    Parameters
    ----------
    labels
        (n_clips, n_classes) positive labels, dense or sparse.
    ancestors
        (n_classes, n_classes) from ``ancestor_matrix``.
    blocked
        (n_clips, n_classes) entries that must not be added, such as rated negatives: a propagated
        label never overwrites a rated one. A blocked class still lets its own ancestors be implied
        by the labels below it.

    Returns
    -------
    Boolean csr array of the added labels only; ``labels + added`` is the whole.

    Raises
    ------
    RuleError
        If the shapes do not fit.

    Notes
    -----
    Source: FSD50K's label smearing over propagating edges (Fonseca et al. 2021; DESIGN §3).
    Cost: O(labels x ancestors per class).

    Examples
    --------
    >>> dog_is_animal = ancestor_matrix(2, [(0, 1)])
    >>> propagate_labels([[1, 0], [1, 1]], dog_is_animal).toarray().astype(int)
    array([[0, 1],
           [0, 0]])
    >>> propagate_labels([[1, 0]], dog_is_animal, blocked=[[0, 1]]).nnz
    0
    """
    present, implied = _present_and_implied(labels, ancestors)
    added = as_label_matrix(implied > present)
    if blocked is None:
        return added
    refused = as_label_matrix(blocked, n_classes=present.shape[1])
    if refused.shape != present.shape:
        raise RuleError(f"Blocked has {refused.shape[0]} clips; give {present.shape[0]}.")
    return as_label_matrix(added > refused)


def minimal_labels(labels: Any, ancestors: Any) -> LabelMatrix:
    """Return the labels that no other label of the same clip implies.

    Parameters, errors and cost as for ``propagate_labels``. Propagating the result gives all the
    labels back, if they came from propagation without ``blocked``.

    Examples
    --------
    >>> minimal_labels([[1, 1], [0, 1]], ancestor_matrix(2, [(0, 1)])).toarray().astype(int)
    array([[1, 0],
           [0, 1]])
    """
    present, implied = _present_and_implied(labels, ancestors)
    return as_label_matrix(present > implied)


def _present_and_implied(labels: Any, ancestors: Any) -> tuple[LabelMatrix, LabelMatrix]:
    above = as_label_matrix(ancestors)
    if above.shape[0] != above.shape[1]:
        raise RuleError(f"Ancestors have shape {above.shape}; give a classes x classes matrix.")
    present = as_label_matrix(labels, n_classes=above.shape[0])
    return present, as_label_matrix(present @ above)
