"""Every clip of a release gets its frames, computed once."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ml_worker.contract import JobKind, JobSpec
from ml_worker.features import releases as features
from ml_worker.features.feature_store import FeatureStore
from ml_worker.features.front_end import FrontEnd
from ml_worker.features.releases import default_store, load_features
from ml_worker.job_context import JobContext, JobInterrupted
from ml_worker.recordings.audio import decode
from ml_worker.release import ReleaseError, read_release

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def store(tmp_path) -> FeatureStore:
    return FeatureStore(tmp_path / "features", FrontEnd())


@pytest.fixture
def context(tmp_path) -> JobContext:
    return JobContext(JobSpec("job", JobKind.TRAIN, {}), tmp_path, tmp_path, tmp_path)


@pytest.fixture
def clips(release_dir):
    return list(read_release(release_dir).clips)


def test_every_clip_of_a_release_gets_its_frames(store, context, clips):
    frames = load_features(context, store, clips)
    assert [f.shape for f in frames] == [(121, 96)] * len(clips)
    # A 6 kHz tone has its energy higher up than a 300 Hz one.
    assert frames[2].mean(axis=0).argmax() > frames[0].mean(axis=0).argmax()
    np.testing.assert_array_equal(frames[5], FrontEnd().log_mel(decode(clips[5].path)))


def test_frames_are_computed_once(store, context, clips, monkeypatch):
    first = load_features(context, store, clips)
    monkeypatch.setattr(features, "decode", lambda _: pytest.fail("decoded again"))
    again = load_features(context, store, [*clips[::-1], clips[0]])
    np.testing.assert_array_equal(again[-1], first[0])
    np.testing.assert_array_equal(again[0], first[-1])
    done = context.progress.snapshot()
    assert (done.done, done.total) == (len(clips) + 1, len(clips) + 1)


def test_only_the_spoilt_entry_is_computed_again(store, context, clips):
    load_features(context, store, clips)
    content = bytearray(store.data_path.read_bytes())
    content[1000] ^= 1
    store.data_path.write_bytes(content)
    size = len(content)
    frames = load_features(context, store, clips)
    assert store.data_path.stat().st_size == size + 121 * 96 * 2
    np.testing.assert_array_equal(frames[3], FrontEnd().log_mel(decode(clips[3].path)))
    for clip, of_clip in zip(clips, frames, strict=True):
        np.testing.assert_array_equal(of_clip, FrontEnd().log_mel(decode(clip.path)))


def test_torch_keeps_its_threads(store, context, clips):
    before = torch.get_num_threads()
    load_features(context, store, clips)
    assert torch.get_num_threads() == before


def test_a_job_that_is_stopped_keeps_a_sound_store(store, context, clips):
    context.stop.set()
    with pytest.raises(JobInterrupted):
        load_features(context, store, clips)
    context.stop.clear()
    assert len(load_features(context, store, clips)) == len(clips)


def test_audio_that_is_not_what_the_release_names_is_refused(store, context, clips):
    path = clips[0].path
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(ReleaseError, match="not the recording its metadata names"):
        load_features(context, store, clips)


def test_the_store_stands_where_the_settings_say(context, tmp_path, var_dir):
    assert default_store(context, FrontEnd()).folder == var_dir / "features" / FrontEnd().id
    settings = {"features_dir": str(tmp_path / "elsewhere")}
    spec = JobSpec("job", JobKind.TRAIN, {}, settings)
    elsewhere = JobContext(spec, tmp_path, tmp_path, tmp_path)
    assert default_store(elsewhere, FrontEnd()).folder.parent == tmp_path / "elsewhere"


_WORKER = """
import sys
from pathlib import Path
from ml_worker.contract import JobKind, JobSpec
from ml_worker.features.releases import default_store, load_features
from ml_worker.features.front_end import FrontEnd
from ml_worker.job_context import JobContext
from ml_worker.release import read_release
release, folder = map(Path, sys.argv[1:])
spec = JobSpec("job", JobKind.TRAIN, {}, {"features_dir": str(folder)})
context = JobContext(spec, folder, folder, folder)
clips = list(read_release(release).clips)
print(len(load_features(context, default_store(context, FrontEnd()), clips)))
"""


def test_two_workers_that_start_together_make_one_sound_store(tmp_path, release_dir, clips):
    command = [sys.executable, "-c", _WORKER, str(release_dir), str(tmp_path / "both")]
    workers = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(2)]
    assert [w.communicate(timeout=120)[0].strip() for w in workers] == [b"24", b"24"]
    store = FeatureStore(tmp_path / "both", FrontEnd())
    assert store.missing([c.sha256 for c in clips]) == []
    assert store.data_path.stat().st_size == 24 * 121 * 96 * 2
    for clip, frames in zip(clips, store.mapped([c.sha256 for c in clips]), strict=True):
        np.testing.assert_array_equal(frames, FrontEnd().log_mel(decode(clip.path)))
