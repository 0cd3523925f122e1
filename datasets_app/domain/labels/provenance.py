"""Which rated labels a propagated label rests on.

Conventions: label matrices are those of ``label_matrix``; ancestors come from ``ancestor_matrix``;
``blocked`` is that of ``propagate_labels``.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import LabelMatrix, as_label_matrix
from datasets_app.domain.ontology.propagation import propagate_labels

Indices: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Provenance:
    """One row for each propagated label and each rated label that implies it.

    Attributes
    ----------
    clip, class_index, source : int arrays (n_rows,)
        In ``clip``, the rated label ``source`` implies ``class_index``. In ascending order of all
        three; a propagated label has as many rows as rated labels imply it.
    """

    clip: Indices
    class_index: Indices
    source: Indices


def propagation_provenance(labels: Any, ancestors: Any, *, blocked: Any = None) -> Provenance:
    """Return for each propagated label which rated labels imply it.

    Parameters
    ----------
    labels
        (n_clips, n_classes) rated positive labels, dense or sparse.
    ancestors, blocked
        As for ``propagate_labels``.

    Raises
    ------
    RuleError
        If the shapes do not fit.

    Notes
    -----
    Source: DESIGN §3, propagated labels keep their origin. O(labels x ancestors per class).

    Examples
    --------
    >>> from datasets_app.domain.ontology.propagation import ancestor_matrix
    >>> found = propagation_provenance([[1, 1, 0]], ancestor_matrix(3, [(0, 2), (1, 2)]))
    >>> found.clip.tolist(), found.class_index.tolist(), found.source.tolist()
    ([0, 0], [2, 2], [0, 1])
    """
    added = propagate_labels(labels, ancestors, blocked=blocked)
    rated = as_label_matrix(labels)
    above = as_label_matrix(ancestors)
    clips = np.repeat(np.arange(rated.shape[0]), np.diff(rated.indptr))
    n_above = np.diff(above.indptr)[rated.indices]
    entry = np.arange(n_above.sum()) + np.repeat(
        above.indptr[rated.indices] - np.cumsum(n_above) + n_above, n_above
    )
    clip, source = np.repeat(clips, n_above), np.repeat(rated.indices, n_above).astype(np.int64)
    implied = above.indices[entry].astype(np.int64)
    is_added = np.isin(clip * rated.shape[1] + implied, _keys(added))
    clip, implied, source = clip[is_added], implied[is_added], source[is_added]
    order = np.lexsort((source, implied, clip))
    return Provenance(clip[order], implied[order], source[order])


def labels_lost_by_removing(
    labels: Any, ancestors: Any, removed: Any, *, blocked: Any = None
) -> LabelMatrix:
    """Return the labels that go when rated labels are removed.

    These are the removed labels and what they alone implied. A removed label that another rated one
    implies is not lost: it becomes a propagated one.

    Parameters
    ----------
    labels, ancestors, blocked
        As for ``propagation_provenance``; blocked entries are not removed labels.
    removed
        (n_clips, n_classes), among ``labels``.

    Raises
    ------
    RuleError
        If the shapes do not fit or a label is removed that is not rated.

    Notes
    -----
    O(labels x ancestors per class).

    Examples
    --------
    >>> from datasets_app.domain.ontology.propagation import ancestor_matrix
    >>> both_are_animals = ancestor_matrix(3, [(0, 2), (1, 2)])
    >>> labels_lost_by_removing([[1, 1, 0]], both_are_animals, [[1, 0, 0]]).toarray().astype(int)
    array([[1, 0, 0]])
    >>> labels_lost_by_removing([[1, 0, 0]], both_are_animals, [[1, 0, 0]]).toarray().astype(int)
    array([[1, 0, 1]])
    """
    rated = as_label_matrix(labels)
    gone = as_label_matrix(removed, n_classes=rated.shape[1])
    if gone.shape != rated.shape:
        raise RuleError(f"Removed has {gone.shape[0]} clips; give {rated.shape[0]}.")
    if not_rated := (gone > rated).nnz:
        raise RuleError(
            f"Received {not_rated} labels to remove that are not rated; name rated ones."
        )
    kept = as_label_matrix(rated > gone)
    before = rated + propagate_labels(rated, ancestors, blocked=blocked)
    after = kept + propagate_labels(kept, ancestors, blocked=blocked)
    return as_label_matrix(as_label_matrix(before) > as_label_matrix(after))


def _keys(matrix: LabelMatrix) -> Indices:
    """One number for each entry."""
    clips = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return np.asarray(clips * matrix.shape[1] + matrix.indices, np.int64)
