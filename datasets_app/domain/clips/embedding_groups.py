"""Near-duplicates by embeddings: an additional source beside the fingerprints.

Embeddings find sounds that are *alike*, also at another pitch, speed or quality, where fingerprints
(``near_duplicates``) find the same sound. Different recordings of one kind of sound may pass the
threshold too, so these groups are offered to a curator and decide no split by themselves.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from datasets_app.domain.clips.clip_groups import NO_DUPLICATES
from datasets_app.domain.errors import RuleError

_ROWS_AT_ONCE = 1024

Ints = NDArray[np.int64]


def near_duplicate_groups(embeddings: NDArray[np.float32], threshold: float = 0.98) -> Ints:
    """Return the group of clips with nearly the same embedding that each clip is in.

    Parameters
    ----------
    embeddings
        Shape (n_clips, size), finite. A row of zeros is like no other.
    threshold
        Least cosine of two clips of one group, inclusive, in (0, 1]. The default is ours; the
        cosines of a provider's embeddings bunch together in their own way, so listen to some
        groups first. Embeddings with a large common part (statistics of levels) are to be centred
        before.

    Returns
    -------
    int array (n_clips,)
        The lowest index of a clip in the group; ``NO_DUPLICATES`` (-1) for a clip alone. Groups are
        closed over chains, as those of ``duplicate_groups``.

    Raises
    ------
    RuleError
        The threshold is out of range, or the embeddings are no finite matrix.

    Notes
    -----
    Every pair is compared: n_clips² x size / 2 multiplications (10,000 clips of 1,024 numbers: some
    seconds), in blocks of 1,024 rows.

    Examples
    --------
    >>> rows = np.array([[1, 0], [0, 1], [2, 0.01], [0, 0]], np.float32)
    >>> near_duplicate_groups(rows, 0.99).tolist()
    [0, -1, 0, -1]
    """
    if not 0.0 < threshold <= 1.0:
        raise RuleError(f"threshold is {threshold:g}; give a cosine above 0, up to 1.")
    if embeddings.ndim != 2 or not np.isfinite(embeddings).all():
        raise RuleError(
            f"The embeddings have shape {embeddings.shape}; give a matrix of finite numbers, one "
            "row a clip."
        )
    n_clips = len(embeddings)
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True)
    units = np.divide(embeddings, norms, out=np.zeros_like(embeddings), where=norms > 0)
    # float32 leaves the cosine of equal rows a few units below 1.
    least = threshold - 1e-6
    pairs = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, n_clips, _ROWS_AT_ONCE):
        cosines = units[start : start + _ROWS_AT_ONCE] @ units[start:].T
        first, second = np.nonzero(np.triu(cosines >= least, k=1))
        pairs.append(np.stack([first + start, second + start], axis=1))
    return _lowest_of_each(np.concatenate(pairs), n_clips)


def _lowest_of_each(pairs: Ints, n_clips: int) -> Ints:
    links = csr_array(
        (np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(n_clips, n_clips)
    )
    n_groups, component = connected_components(links, directed=False)
    lowest = np.full(n_groups, n_clips, dtype=np.int64)
    np.minimum.at(lowest, component, np.arange(n_clips))
    lowest[np.bincount(component, minlength=n_groups) < 2] = NO_DUPLICATES
    return np.asarray(lowest[component])
