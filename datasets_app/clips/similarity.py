"""Similar sounds: the nearest clips by the cosine of their embeddings.

Reads the result folder of an ``embed`` job, which a worker wrote (``ml_worker.embed``)::

    embeddings.npy     float32 (n_clips, size), C order
    norms.npy          float32 (n_clips,): the rows' Euclidean lengths
    clips.csv          clip_id,sha256: row i is row i of the arrays
    provider.json      has "size", "n_clips" and "index": null or {"file": ...}
    similar.usearch    HNSW graph by cosine, half precision, keys the rows

Without an index every row is compared (50,000 clips of 1,024 numbers: some 30 ms). With one, the
graph names ``OVERSAMPLING`` times as many as asked for, and those are compared exactly. Files are
mapped, not read, and stay open while they are unchanged.
"""

import csv
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

OVERSAMPLING = 4
MAX_ASKED = 1000
_ROWS_AT_ONCE = 16_384

Floats = NDArray[np.float32]


class NotSimilar(LookupError):
    """The clip has no embedding, or the folder holds none; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class EmbeddingFolder:
    """An embed job's result, mapped. ``index`` is None where rows are compared one by one."""

    embeddings: Floats
    norms: Floats
    clip_ids: tuple[str, ...]
    row_of: Mapping[str, int]
    index: Any


def similar_clips(*, embed_dir: Path, clip_id: str, n: int) -> list[tuple[str, float]]:
    """Return the ``n`` clips most similar to a clip, itself left out, as (external id, cosine).

    The most similar first, equal ones in the folder's order; fewer where there are fewer. A clip of
    nothing but zeros is like no other: 0. ``n`` is 1 to ``MAX_ASKED``, both inclusive.

    Raises
    ------
    NotSimilar
        The clip has no embedding there, or the folder's files are missing or broken.
    ValueError
        ``n`` is out of range.
    """
    folder = open_folder(embed_dir)
    if clip_id not in folder.row_of:
        raise NotSimilar(
            f"Clip {clip_id} has no embedding; embed a release that holds it to find similar ones."
        )
    row = folder.row_of[clip_id]
    return _nearest(folder, folder.embeddings[row], n, leave_out=row)


def similar_to_vector(
    *, embed_dir: Path, vector: Sequence[float] | Floats, n: int
) -> list[tuple[str, float]]:
    """Return the ``n`` clips most similar to an embedding of the same provider.

    Raises
    ------
    NotSimilar
        The folder's files are missing or broken.
    ValueError
        ``n`` is out of range, or the vector has another size or holds what is no number.
    """
    folder = open_folder(embed_dir)
    query = np.asarray(vector, dtype=np.float32)
    size = folder.embeddings.shape[1]
    if query.shape != (size,) or not np.isfinite(query).all():
        raise ValueError(
            f"The embedding has shape {query.shape}; it must be {size} finite numbers, of the "
            "provider that made the others."
        )
    return _nearest(folder, query, n, leave_out=None)


def open_folder(embed_dir: Path) -> EmbeddingFolder:
    """Return the files of an embed job's result; the same object while they are unchanged.

    Raises
    ------
    NotSimilar
        A file is missing or broken, or they do not belong together.
    """
    try:
        changed_ns = (embed_dir / "provider.json").stat().st_mtime_ns
        return _open(embed_dir.resolve(), changed_ns)
    except (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise NotSimilar(
            f"{embed_dir.name} holds no embeddings that can be read ({error}); "
            "run the embed job again."
        ) from error


@functools.lru_cache(maxsize=4)
def _open(folder: Path, changed_ns: int) -> EmbeddingFolder:
    """Open the files; ``changed_ns`` is there to be remembered by."""
    description = json.loads((folder / "provider.json").read_text(encoding="utf-8"))
    embeddings = np.load(folder / "embeddings.npy", mmap_mode="r", allow_pickle=False)
    norms = np.load(folder / "norms.npy", allow_pickle=False)
    with (folder / "clips.csv").open(encoding="utf-8", newline="") as handle:
        clip_ids = tuple(row["clip_id"] for row in csv.DictReader(handle))
    if embeddings.shape != (len(clip_ids), description["size"]) or norms.shape != (len(clip_ids),):
        raise ValueError(
            f"{len(clip_ids)} clips, embeddings of shape {embeddings.shape}, {len(norms)} norms"
        )
    index = _open_index(folder, description["index"], embeddings.shape[1])
    # A plain view: a memmap's every slice is slow to make.
    rows = {clip_id: row for row, clip_id in enumerate(clip_ids)}
    return EmbeddingFolder(np.asarray(embeddings), norms, clip_ids, rows, index)


def _open_index(folder: Path, settings: Mapping[str, Any] | None, size: int) -> Any:
    if settings is None:
        return None
    from usearch.index import Index

    path = folder / Path(settings["file"]).name
    if not path.is_file():
        raise ValueError(f"the index {path.name} is missing")
    index = Index.restore(str(path), view=True)
    if index is None or index.ndim != size:
        raise ValueError(f"the index {path.name} is of other embeddings")
    return index


def _nearest(
    folder: EmbeddingFolder, query: Floats, n: int, *, leave_out: int | None
) -> list[tuple[str, float]]:
    if not 1 <= n <= MAX_ASKED:
        raise ValueError(f"{n} similar clips were asked for; allowed are 1 to {MAX_ASKED}.")
    length = float(np.linalg.norm(query))
    unit = query / length if length > 0 else query
    if folder.index is None:
        rows = np.arange(len(folder.clip_ids))
    else:
        found = folder.index.search(unit, min(OVERSAMPLING * (n + 1), len(folder.index)))
        rows = np.sort(found.keys.astype(np.int64))
    if leave_out is not None:
        rows = rows[rows != leave_out]
    similarity = _cosines(folder, rows, unit)
    best = np.argsort(-similarity, kind="stable")[:n] if len(rows) <= 4 * n else _top(similarity, n)
    return [(folder.clip_ids[rows[i]], float(similarity[i])) for i in best]


def _cosines(folder: EmbeddingFolder, rows: NDArray[np.int64], unit: Floats) -> Floats:
    """Return the cosine of each row with a vector of length 1; 0 for rows of length 0."""
    dots = np.empty(len(rows), np.float32)
    is_all = len(rows) >= len(folder.clip_ids) - 1
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE]
        # Slices of consecutive rows are views; picking rows would copy the whole file.
        first, last = part[0], part[-1] + 1
        values = folder.embeddings[first:last] @ unit if is_all else folder.embeddings[part] @ unit
        dots[start : start + len(part)] = values[part - first] if is_all else values
    norms = folder.norms[rows]
    cosines = np.divide(dots, norms, out=np.zeros_like(dots), where=norms > 0)
    return np.clip(cosines, -1.0, 1.0)


def _top(similarity: Floats, n: int) -> NDArray[np.int64]:
    """Return the places of the ``n`` largest, largest first, equal ones in order."""
    threshold = np.partition(similarity, -n)[-n]
    candidates = np.flatnonzero(similarity >= threshold)
    order = np.argsort(-similarity[candidates], kind="stable")
    return candidates[order[:n]]
