"""Features are computed once, and a corrupt entry is made again."""

import numpy as np
import pytest

from ml_worker.contract import JobKind, JobSpec
from ml_worker.features import FeatureStore, load_features
from ml_worker.front_end import FrontEnd
from ml_worker.job_context import JobContext
from ml_worker.release import ReleaseError, read_release

FRAMES = np.arange(96 * 101, dtype=np.float16).reshape(101, 96) / 8


@pytest.fixture
def store(tmp_path) -> FeatureStore:
    return FeatureStore(tmp_path / "features", FrontEnd())


@pytest.fixture
def context(tmp_path) -> JobContext:
    return JobContext(JobSpec("job", JobKind.TRAIN, {}), tmp_path, tmp_path, tmp_path)


def test_an_entry_is_computed_once_and_mapped_from_disk(store):
    calls = []
    for _ in range(3):
        frames = store.get_or_make("ab12", lambda: calls.append(1) or FRAMES)
        np.testing.assert_array_equal(frames, FRAMES)
        assert isinstance(frames, np.memmap)
    assert len(calls) == 1
    assert [p.name for p in store.path("ab12").parent.iterdir()] == ["ab12.npy"]


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_corrupt_entry_is_made_again(store, damage):
    store.put("ab12", FRAMES)
    path = store.path("ab12")
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes({"cut": content[:-100], "flip": content, "empty": b""}[damage])
    assert store.get("ab12") is None
    np.testing.assert_array_equal(store.get_or_make("ab12", lambda: FRAMES), FRAMES)


def test_another_front_end_has_entries_of_its_own(store, tmp_path):
    store.put("ab12", FRAMES)
    assert FeatureStore(tmp_path / "features", FrontEnd(hop=441)).get("ab12") is None


def test_every_clip_of_a_release_gets_its_frames(store, context, release_dir):
    clips = list(read_release(release_dir).clips)
    frames = load_features(context, store, clips)
    assert [f.shape for f in frames] == [(121, 96)] * len(clips)
    # A 6 kHz tone has its energy higher up than a 300 Hz one.
    assert frames[2].mean(axis=0).argmax() > frames[0].mean(axis=0).argmax()


def test_audio_that_is_not_what_the_release_names_is_refused(store, context, release_dir):
    release = read_release(release_dir)
    path = release.clips[0].path
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(ReleaseError, match="not the recording its metadata names"):
        load_features(context, store, list(release.clips))
