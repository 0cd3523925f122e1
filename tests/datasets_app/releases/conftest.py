"""A small collection and a release of it."""

import importlib.util
from pathlib import Path

import pytest

from datasets_app.clips.models import Collection
from datasets_app.releases.services import build_release

_SPEC = importlib.util.spec_from_file_location(
    "small_collection", Path(__file__).with_name("small_collection.py")
)
small_collection = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(small_collection)


@pytest.fixture
def collection(db, own_var_dir: Path) -> Collection:
    return small_collection.make_collection()


@pytest.fixture
def folder(collection: Collection, tmp_path: Path) -> Path:
    """The folder of a release of the small collection."""
    build_release(collection=collection, version="1.0", out=tmp_path / "release")
    return tmp_path / "release"
