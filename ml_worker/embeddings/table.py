"""The result folder of an embed job, read back (``ml_worker.embed`` says what it holds)."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.job_context import JobRefused

EMBEDDINGS_FILE, NORMS_FILE = "embeddings.npy", "norms.npy"
CLIPS_FILE, PROVIDER_FILE = "clips.csv", "provider.json"

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EmbeddingTable:
    """The result of an embed job: row i of ``embeddings`` (mapped) is of ``clip_ids[i]``."""

    clip_ids: tuple[str, ...]
    embeddings: Floats
    description: Mapping[str, Any]

    def rows_of(self, clip_ids: Sequence[str]) -> NDArray[np.int64]:
        """Return the rows of clips.

        Raises
        ------
        JobRefused
            One of them has no embedding.
        """
        row = {clip_id: i for i, clip_id in enumerate(self.clip_ids)}
        if missing := next((c for c in clip_ids if c not in row), None):
            raise JobRefused(
                f"Clip {missing} has no embedding; embed the same release that is used here."
            )
        return np.array([row[c] for c in clip_ids], dtype=np.int64)


def read_embeddings(folder: Path) -> EmbeddingTable:
    """Read an embed job's result folder.

    Raises
    ------
    JobRefused
        A file is missing or broken, or the files do not belong together.
    """
    try:
        description = json.loads((folder / PROVIDER_FILE).read_text(encoding="utf-8"))
        embeddings = np.load(folder / EMBEDDINGS_FILE, mmap_mode="r", allow_pickle=False)
        with (folder / CLIPS_FILE).open(encoding="utf-8", newline="") as handle:
            clip_ids = tuple(row["clip_id"] for row in csv.DictReader(handle))
        size = description["size"]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise JobRefused(
            f"{folder} holds no embeddings ({error!r}); name the result folder of an embed job."
        ) from error
    if embeddings.shape != (len(clip_ids), size) or embeddings.dtype != np.float32:
        raise JobRefused(
            f"{folder} is broken: {len(clip_ids)} clips, but embeddings of shape "
            f"{embeddings.shape}; embed again."
        )
    return EmbeddingTable(clip_ids, embeddings, description)
