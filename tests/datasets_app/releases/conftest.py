"""A small collection and a release of it."""

import importlib.machinery
import importlib.util
import sys
import types
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


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """Hugging Face's datasets, with no network.

    It asks for torchcodec, which wants FFmpeg on the machine, before it looks at what it is given;
    nothing here decodes by it, so empty modules of its name will do.
    """
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    import datasets  # before the empty modules, by which it would think that it can decode

    for name, needed in (("", ""), (".encoders", "AudioEncoder"), (".decoders", "AudioDecoder")):
        module = types.ModuleType(f"torchcodec{name}")
        module.__spec__ = importlib.machinery.ModuleSpec(module.__name__, None)
        if needed:
            setattr(module, needed, type(needed, (), {}))
        monkeypatch.setitem(sys.modules, module.__name__, module)
    datasets.disable_progress_bars()
    return datasets
