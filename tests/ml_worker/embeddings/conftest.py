"""A provider brought by another package, as entry points present it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

_METADATA = "Metadata-Version: 2.1\nName: fake-embeddings\nVersion: 4.2\n"
_MODULE = """
import numpy as np

class Model:
    sample_rate = 8000
    scene_embedding_size = 3
    timestamp_embedding_size = 2

def load_model(model_file_path=""):
    return Model()

def get_scene_embeddings(audio, model):
    level = audio.abs().mean(dim=1)
    return np.stack([level, 2 * level, 1 + 0 * level], axis=1)

def get_timestamp_embeddings(audio, model):
    return audio[:, :4].reshape(len(audio), 2, 2), [[0.0, 500.0]] * len(audio)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install a distribution whose provider has the given source, for the length of a test."""

    def add(extra: str = "", name: str = "fake", source: str | None = None) -> None:
        module = f"fake_embeddings_{abs(hash((extra, name, source)))}"
        place = tmp_path / f"site-{module}"
        info = place / "fake_embeddings-4.2.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(_METADATA)
        (info / "entry_points.txt").write_text(f"[harken.embeddings]\n{name} = {module}\n")
        (place / f"{module}.py").write_text((_MODULE if source is None else source) + extra)
        monkeypatch.syspath_prepend(str(place))

    return add
