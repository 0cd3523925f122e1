"""One small bundled collection, made once for all tests of the demo."""

from pathlib import Path

import pytest

from datasets_app.demo.collection import write_bundled_collection

N_CLIPS = 60


@pytest.fixture(scope="session")
def small_collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "bundled"
    write_bundled_collection(folder, seed=7, n_clips=N_CLIPS)
    return folder
