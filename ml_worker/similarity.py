"""An index for similar sounds, built beside the embeddings of a large collection.

Up to ``EXACT_UP_TO`` clips the site compares a clip with all others; above, this module writes
``similar.usearch``, an HNSW graph (Malkov & Yashunin 2018) by cosine, half precision, keys the
rows of ``embeddings.npy``. The query half is the site's (``datasets_app.clips.similarity``): the
files are all they share. Clips without direction (length 0) are left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ml_worker.embeddings.table import EMBEDDINGS_FILE, NORMS_FILE
from ml_worker.job_context import JobContext

EXACT_UP_TO = 50_000
INDEX_FILE = "similar.usearch"
_CONNECTIVITY, _EXPANSION_ADD, _EXPANSION_SEARCH = 16, 128, 192
_ROWS_AT_ONCE = 8192


def build_index(
    context: JobContext, folder: Path, *, exact_up_to: int = EXACT_UP_TO
) -> dict[str, Any] | None:
    """Write the index into an embed job's result folder; return its settings, None for no index.

    Cost: about a millisecond a clip and core for 1,024 numbers.
    """
    embeddings = np.load(folder / EMBEDDINGS_FILE, mmap_mode="r", allow_pickle=False)
    if len(embeddings) <= exact_up_to:
        return None
    from usearch.index import Index

    norms = np.load(folder / NORMS_FILE, allow_pickle=False)
    index = Index(
        ndim=embeddings.shape[1],
        metric="cos",
        dtype="f16",
        connectivity=_CONNECTIVITY,
        expansion_add=_EXPANSION_ADD,
        expansion_search=_EXPANSION_SEARCH,
    )
    context.progress.start("indexing", total=len(embeddings), unit="clips")
    for start in range(0, len(embeddings), _ROWS_AT_ONCE):
        context.check_stop()
        rows = np.arange(start, min(start + _ROWS_AT_ONCE, len(embeddings)))
        with_direction = rows[norms[rows] > 0]
        # Unit length: half precision holds no number above 65,504.
        units = embeddings[with_direction] / norms[with_direction, None]
        index.add(with_direction.astype(np.uint64), units)
        context.progress.advance(len(rows))
    index.save(str(folder / INDEX_FILE))
    return {"file": INDEX_FILE, "metric": "cos", "dtype": "f16", "n_clips": len(index)}
