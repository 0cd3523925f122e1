"""The 320 recordings of ESC-10 at hand: ten classes, four folds that share no source recording."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDS = (1, 2, 3, 4)
VAL_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of five seconds with its one class."""

    name: str
    path: Path
    mid: str
    uploader: str
    fold: int


@dataclass(frozen=True, slots=True)
class Esc10:
    """The recordings, and the classes as (name, mid)."""

    recordings: tuple[Recording, ...]
    classes: tuple[tuple[str, str], ...]

    def of_folds(self, *folds: int) -> list[Recording]:
        """Return the recordings of some folds."""
        return [r for r in self.recordings if r.fold in folds]

    def label_matrix(self, recordings: list[Recording]) -> NDArray[np.bool_]:
        """Return which class each recording has, shape (n_recordings, n_classes)."""
        mids = [mid for _, mid in self.classes]
        return np.array([[r.mid == mid for mid in mids] for r in recordings])


def read_esc10(folder: Path) -> Esc10:
    """Read ``clips.csv`` and ``classes.csv``.

    Raises
    ------
    SystemExit
        The folder does not hold them; the sentence says where it was looked for.
    """
    if not (folder / "clips.csv").is_file():
        raise SystemExit(
            f"{folder} holds no clips.csv; name the folder of ESC-10 with --data DIR "
            "or HARKEN_SHARED_DATA."
        )
    with (folder / "classes.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    mid_of_label = {row["label"]: row["mid"] for row in rows}
    with (folder / "clips.csv").open(encoding="utf-8", newline="") as handle:
        recordings = tuple(
            Recording(
                name=row["clip_id"],
                path=folder / row["file"],
                mid=mid_of_label[row["label"]],
                uploader=row["uploader"],
                fold=int(row["fold"]),
            )
            for row in csv.DictReader(handle)
        )
    classes = tuple(sorted((row["name"], row["mid"]) for row in rows))
    return Esc10(recordings, classes)


def uploader_codes(recordings: list[Recording]) -> NDArray[np.int64]:
    """Return an integer for each uploader, shape (n_recordings,)."""
    return np.unique([r.uploader for r in recordings], return_inverse=True)[1]
