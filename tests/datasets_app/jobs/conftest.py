"""Folders of recordings, good and bad, as a user would bring them."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE_HZ = 16_000


def noise(duration_s: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, int(duration_s * RATE_HZ)).astype(np.float32)


@dataclass
class Folder:
    """A folder of recordings that is being filled, row by row."""

    path: Path
    rows: list[list[str]] = field(default_factory=list)

    def add(self, clip_id: str, *, file: str | None = None, seed: int | None = None) -> Path:
        """Add half a second of noise, the same for the same seed, and its row."""
        target = self.path / (file or f"{clip_id}.wav")
        samples = noise(0.5, len(self.rows) if seed is None else seed)
        soundfile.write(target, samples, RATE_HZ)
        self.add_row(clip_id, target.name)
        return target

    def add_bytes(self, clip_id: str, content: bytes, *, file: str | None = None) -> None:
        """Add a file of these bytes, and its row."""
        target = self.path / (file or f"{clip_id}.wav")
        target.write_bytes(content)
        self.add_row(clip_id, target.name)

    def add_row(self, clip_id: str, file: str) -> None:
        """Add a row, whether or not there is such a file."""
        self.rows.append([clip_id, file, f"uploader-{len(self.rows) % 3}", "CC0-1.0", clip_id])
        with (self.path / "clips.csv").open("w", encoding="utf-8", newline="") as handle:
            header = ["clip_id", "file", "uploader", "license", "title"]
            csv.writer(handle).writerows([header, *self.rows])


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "recordings").mkdir()
    return Folder(tmp_path / "recordings")


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[[str], Folder]:
    def make(name: str) -> Folder:
        (tmp_path / name).mkdir()
        return Folder(tmp_path / name)

    return make
