"""Clips that must stay on one side: those of an uploader, and near-duplicates of them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from datasets_app.domain.errors import RuleError
from datasets_app.domain.label_matrix import group_codes

NO_DUPLICATES = -1
"""The duplicate group of a clip that has no near-duplicates."""


def merge_groups(uploader: ArrayLike, duplicate_group: ArrayLike) -> NDArray[np.int64]:
    """Return the groups that share neither uploader nor near-duplicate.

    Clips are in the same group if a chain of clips leads from one to the other, each sharing its
    uploader or its duplicate group with the next. A group is named by the lowest uploader code in
    it, so that it keeps its name when other uploaders' clips come or go.

    Parameters
    ----------
    uploader
        Integer codes of shape (n_clips,).
    duplicate_group
        Integer codes of shape (n_clips,), ``NO_DUPLICATES`` (-1) for a clip without any.

    Raises
    ------
    RuleError
        If the two differ in length.

    Notes
    -----
    Source: DESIGN §3, near-duplicates count as one uploader. O(n_clips log n_clips).

    Examples
    --------
    >>> merge_groups([4, 4, 7, 9], [-1, 0, 0, -1]).tolist()
    [4, 4, 4, 9]
    """
    names = np.asarray(uploader, np.int64)
    duplicates = np.asarray(duplicate_group, np.int64)
    if names.ndim != 1 or names.shape != duplicates.shape:
        raise RuleError(
            f"Received {names.size} uploaders and {duplicates.size} duplicate groups; give one of "
            "each for each clip."
        )
    owner, n_owners = group_codes(names, len(names))
    has_twin = duplicates != NO_DUPLICATES
    twins, n_twins = group_codes(duplicates[has_twin], int(has_twin.sum()))
    size = n_owners + n_twins
    links = csr_array(
        (np.ones(len(twins), bool), (owner[has_twin], n_owners + twins)), shape=(size, size)
    )
    n_groups, component = connected_components(links, directed=False)
    lowest = np.full(n_groups, np.iinfo(np.int64).max)
    np.minimum.at(lowest, component[owner], names)
    return np.asarray(lowest[component[owner]])
