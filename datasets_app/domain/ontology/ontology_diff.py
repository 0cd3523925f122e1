"""What a new ontology would change, before it is applied.

Conventions: classes are told apart by mid; labels are rated ones, whose implied labels follow from
the propagating edges. A class of a result is an index into ``OntologyDiff.classes``: the old
classes in their order, then the added ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import LabelMatrix, as_label_matrix
from datasets_app.domain.ontology.class_spec import ClassSpec
from datasets_app.domain.ontology.ontology_graph import Edge, list_edges
from datasets_app.domain.ontology.propagation import ancestor_matrix, propagate_labels


@dataclass(frozen=True, slots=True)
class RenamedClass:
    """A class whose mid stays and whose name does not."""

    mid: str
    old_name: str
    new_name: str


@dataclass(frozen=True, slots=True)
class OntologyDiff:
    """The difference between two ontologies and what it does to labels.

    Attributes
    ----------
    classes : mids of the old classes, then of the added ones
    added_classes, removed_classes : mids, in the order of their file
    renamed_classes : RenamedClass, in the order of the new file
    added_edges, removed_edges : Edge, in the order of their file
    changed_edges : Edge as it is in the new file, whose propagation was the other way before
    implied : (n_clips, n_classes); labels that the new ontology implies and that were not there
    no_longer_implied : (n_clips, n_classes); labels that only the old ontology implies
    orphaned : (n_clips, n_classes); rated labels whose class is removed
    """

    classes: tuple[str, ...]
    added_classes: tuple[str, ...]
    removed_classes: tuple[str, ...]
    renamed_classes: tuple[RenamedClass, ...]
    added_edges: tuple[Edge, ...]
    removed_edges: tuple[Edge, ...]
    changed_edges: tuple[Edge, ...]
    implied: LabelMatrix
    no_longer_implied: LabelMatrix
    orphaned: LabelMatrix

    @property
    def is_empty(self) -> bool:
        """Whether classes, names and edges are the same; descriptions and rules may differ."""
        return not (
            self.added_classes
            or self.removed_classes
            or self.renamed_classes
            or self.added_edges
            or self.removed_edges
            or self.changed_edges
        )

    def count(self, labels: LabelMatrix) -> dict[str, int]:
        """Return how many clips each class has in one of the three, classes without any left out.

        Examples
        --------
        >>> old = [ClassSpec("a", "A", child_ids=("b",)), ClassSpec("b", "B")]
        >>> diff = diff_ontologies(old, [ClassSpec("a", "A"), ClassSpec("b", "B")], [[0, 1]])
        >>> diff.count(diff.no_longer_implied)
        {'a': 1}
        """
        n_clips = np.bincount(labels.indices, minlength=len(self.classes)).tolist()
        return {mid: n for mid, n in zip(self.classes, n_clips, strict=True) if n}


def diff_ontologies(
    old: Sequence[ClassSpec], new: Sequence[ClassSpec], labels: Any = None
) -> OntologyDiff:
    """Return what changes from the old to the new ontology, and what that does to labels.

    Parameters
    ----------
    old, new
        The classes, from ``parse_ontology``.
    labels
        Rated labels (n_clips, len(old)), columns in the order of ``old``; none if not given.

    Raises
    ------
    RuleError
        If the labels have another number of classes than the old ontology, or edges form a cycle.

    Notes
    -----
    A label is implied by rated labels of classes that still exist. O(labels x ancestors + edges).

    Examples
    --------
    >>> old = [ClassSpec("a", "Animal"), ClassSpec("d", "Dog")]
    >>> new = [ClassSpec("a", "Animal", child_ids=("d",)), ClassSpec("d", "Hound")]
    >>> diff = diff_ontologies(old, new, [[0, 1], [1, 1]])
    >>> diff.added_edges, diff.renamed_classes
    ((Edge(parent='a', child='d', propagates=True),), \
(RenamedClass(mid='d', old_name='Dog', new_name='Hound'),))
    >>> diff.count(diff.implied)
    {'a': 1}
    """
    old_names, new_names = ({spec.mid: spec.name for spec in classes} for classes in (old, new))
    old_edges, new_edges = (
        {(edge.parent, edge.child): edge for edge in list_edges(classes)} for classes in (old, new)
    )
    added = tuple(mid for mid in new_names if mid not in old_names)
    classes = (*old_names, *added)
    rated = _widened(labels, len(old), len(classes))
    exists = np.array([mid in new_names for mid in classes], bool)
    staying = as_label_matrix(rated.multiply(exists[None, :]))
    before = _implied(rated, classes, old_edges)
    after = _implied(staying, classes, new_edges)
    return OntologyDiff(
        classes=classes,
        added_classes=added,
        removed_classes=tuple(mid for mid in old_names if mid not in new_names),
        renamed_classes=_renamed(old_names, new_names),
        added_edges=_missing_from(old_edges, new_edges),
        removed_edges=_missing_from(new_edges, old_edges),
        changed_edges=tuple(
            edge for ends, edge in new_edges.items() if old_edges.get(ends, edge) != edge
        ),
        implied=as_label_matrix(after > before),
        no_longer_implied=as_label_matrix(before > after),
        orphaned=as_label_matrix(rated > staying),
    )


def _widened(labels: Any, n_old: int, n_classes: int) -> LabelMatrix:
    """The labels with empty columns for the added classes."""
    matrix = as_label_matrix(csr_array((0, n_old)) if labels is None else labels)
    if matrix.shape[1] != n_old:
        raise RuleError(
            f"Labels have {matrix.shape[1]} classes; give {n_old}, as in the old ontology."
        )
    matrix.resize(matrix.shape[0], n_classes)
    return matrix


def _implied(
    rated: LabelMatrix, classes: Sequence[str], edges: Mapping[tuple[str, str], Edge]
) -> LabelMatrix:
    place = {mid: index for index, mid in enumerate(classes)}
    pairs = [(place[e.child], place[e.parent]) for e in edges.values() if e.propagates]
    return propagate_labels(rated, ancestor_matrix(len(classes), pairs))


def _renamed(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[RenamedClass, ...]:
    return tuple(
        RenamedClass(mid, old[mid], name) for mid, name in new.items() if old.get(mid, name) != name
    )


def _missing_from(
    there: Mapping[tuple[str, str], Edge], edges: Mapping[tuple[str, str], Edge]
) -> tuple[Edge, ...]:
    return tuple(edge for ends, edge in edges.items() if ends not in there)
