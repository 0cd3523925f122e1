"""Embed jobs: every clip's embedding, in order, resumable, or one sentence that says why not."""

import json

import numpy as np
import pytest

from ml_worker import embed
from ml_worker.contract import JobKind, JobSpec, write_job
from ml_worker.embeddings.provider import ProviderFailed, load_provider
from ml_worker.embeddings.table import read_embeddings
from ml_worker.job_context import JobInterrupted, JobRefused
from ml_worker.recordings.audio import decode
from ml_worker.release import read_release
from ml_worker.runner import run_job


@pytest.fixture
def run_embed_job(make_job, tmp_path):
    def run(release, provider="mfcc-statistics", name="embed", **settings):
        job = make_job(JobKind.EMBED, {"release": release}, name, provider=provider, **settings)
        return run_job(job, tmp_path / f"{name}-out"), tmp_path / f"{name}-out"

    return run


def test_every_clip_gets_the_embedding_of_its_own_recording(run_embed_job, release_dir):
    result, out = run_embed_job(release_dir)
    assert result.ok, result.error
    assert result.summary["n_clips"] == 24
    table = read_embeddings(out)
    clips = read_release(release_dir).clips
    assert table.clip_ids == tuple(c.fname for c in clips)
    assert isinstance(table.embeddings, np.memmap)
    provider = load_provider("mfcc-statistics")
    for row in (0, 17, 23):
        expected = provider.scene_embeddings(decode(clips[row].path).mono()[None])[0]
        np.testing.assert_allclose(table.embeddings[row], expected, rtol=1e-5)
    norms = np.load(out / "norms.npy")
    np.testing.assert_allclose(norms, np.linalg.norm(table.embeddings, axis=1), rtol=1e-6)
    assert table.rows_of(["101", "100"]).tolist() == [1, 0]
    with pytest.raises(JobRefused, match="Clip 999 has no embedding"):
        table.rows_of(["100", "999"])


def test_the_result_says_what_made_it_and_no_path(run_embed_job, finished_run, tmp_path):
    release, run = finished_run
    result, out = run_embed_job(release, "trained-run", provider_settings={"model": str(run)})
    assert result.ok, result.error
    made = json.loads((out / "provider.json").read_text())
    assert (made["provider"], made["model"], made["size"]) == ("trained-run", "run", 192)
    assert made["version"].startswith("harken ")
    assert len(made["model_sha256"]) == 64
    assert made["index"] is None
    assert str(tmp_path) not in (out / "provider.json").read_text()


def test_a_folder_of_recordings_is_embedded_by_the_ids_it_is_given(release_dir, tmp_path):
    job = tmp_path / "folder-job"
    settings = {"provider": "log-mel-statistics"}
    write_job(job, JobSpec("j", JobKind.EMBED, {"root": str(release_dir / "dev_audio")}, settings))
    lines = [{"clip_id": "a", "file": "101.flac"}, {"clip_id": 7, "file": "100.flac"}]
    (job / "clips.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = run_job(job, tmp_path / "out")
    assert result.ok, result.error
    assert read_embeddings(tmp_path / "out").clip_ids == ("a", "7")


@pytest.mark.parametrize("file", ["../../secret.wav", "/etc/passwd", "nothing.wav"])
def test_a_file_outside_the_folder_is_refused(release_dir, tmp_path, file):
    job = tmp_path / "folder-job"
    settings = {"provider": "log-mel-statistics"}
    write_job(job, JobSpec("j", JobKind.EMBED, {"root": str(release_dir / "dev_audio")}, settings))
    (job / "clips.jsonl").write_text(json.dumps({"clip_id": "a", "file": file}))
    result = run_job(job, tmp_path / "out")
    assert not result.ok
    assert "recordings' folder" in result.error


class StoppedAfter:
    """A provider that is told to stop by the third batch."""

    def __init__(self, provider, n_batches, stop):
        self.name, self.version, self.model = provider.name, provider.version, provider.model
        self.sample_rate_hz = provider.sample_rate_hz
        self._provider, self._left, self._stop = provider, n_batches, stop

    def scene_embeddings(self, audio):
        self._left -= 1
        if self._left < 0:
            self._stop.set()
        return self._provider.scene_embeddings(audio)


def test_a_stopped_job_goes_on_and_gives_the_same_numbers(
    run_embed_job, make_job, release_dir, tmp_path, monkeypatch
):
    import threading

    _, whole = run_embed_job(release_dir)
    monkeypatch.setattr(embed, "_SOUNDS_AT_ONCE", 5)
    stop = threading.Event()
    job = make_job(JobKind.EMBED, {"release": release_dir}, "stopped", provider="mfcc-statistics")
    real = embed.load_provider
    monkeypatch.setattr(embed, "load_provider", lambda *a: StoppedAfter(real(*a), 2, stop))
    with pytest.raises(JobInterrupted):
        run_job(job, tmp_path / "stopped-out", stop=stop)
    done = json.loads((job / "work" / "embed.json").read_text())["n_done"]
    assert 0 < done < 24
    seen = []
    monkeypatch.setattr(embed, "load_provider", real)
    monkeypatch.setattr(
        embed, "_decode", lambda clip, hz, _f=embed._decode: seen.append(clip) or _f(clip, hz)
    )
    result = run_job(job, tmp_path / "stopped-out")
    assert result.ok, result.error
    assert len(seen) == 24 - done
    np.testing.assert_array_equal(
        read_embeddings(tmp_path / "stopped-out").embeddings, read_embeddings(whole).embeddings
    )


def test_a_job_stopped_while_indexing_does_not_embed_again(
    make_job, release_dir, tmp_path, monkeypatch
):
    def stop(*_):
        raise JobInterrupted("stopped")

    job = make_job(JobKind.EMBED, {"release": release_dir}, "late", provider="mfcc-statistics")
    with monkeypatch.context() as patch, pytest.raises(JobInterrupted):
        patch.setattr(embed, "build_index", stop)
        run_job(job, tmp_path / "out")
    monkeypatch.setattr(embed, "_decode", lambda *_: pytest.fail("decoded again"))
    result = run_job(job, tmp_path / "out")
    assert result.ok, result.error
    assert len(read_embeddings(tmp_path / "out").clip_ids) == 24


def test_a_checkpoint_of_other_clips_is_not_taken_up(make_job, release_dir, tmp_path):
    job = make_job(JobKind.EMBED, {"release": release_dir}, "other", provider="mfcc-statistics")
    (job / "work").mkdir()
    (job / "work" / "embed.json").write_text(json.dumps({"plan": "another", "n_done": 20}))
    (job / "work" / "embeddings").mkdir()
    (job / "work" / "embeddings" / "embeddings.npy").write_bytes(b"")
    assert run_job(job, tmp_path / "out").ok


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"provider": "nothing"}, "There is no embedding provider 'nothing'"),
        ({"provider": None}, "settings need 'provider'"),
        ({"provider_settings": {"weights": "x"}}, "setting 'weights' is not known"),
        ({"provider_settings": {"model": 3}}, "must be a path"),
        ({"provider_settings": []}, "must be an object"),
        ({"provider_settings": {"model": "w.bin"}}, "have no weights"),
        ({"provider": "yamnet"}, "give the path of yamnet.tflite"),
    ],
)
def test_wrong_settings_are_a_sentence(run_embed_job, release_dir, given, words):
    result, _ = run_embed_job(release_dir, **given)
    assert not result.ok
    assert words in result.error


def test_a_recording_that_is_another_is_refused(run_embed_job, release_dir):
    path = release_dir / "dev_audio" / "104.flac"
    path.write_bytes(path.read_bytes() + b"?")
    result, _ = run_embed_job(release_dir)
    assert "is not the recording its metadata names" in result.error


def test_a_provider_that_fails_half_way_leaves_nothing(run_embed_job, release_dir, monkeypatch):
    def fail(*_):
        raise ProviderFailed("Embedding provider 'fake' failed with OSError: no words.")

    monkeypatch.setattr("ml_worker.embeddings.provider.LoadedProvider.scene_embeddings", fail)
    result, out = run_embed_job(release_dir)
    assert result.error == "Embedding provider 'fake' failed with OSError: no words."
    assert [p.name for p in out.iterdir()] == ["result.json"]


@pytest.mark.parametrize("file", ["provider.json", "embeddings.npy", "clips.csv"])
def test_a_folder_without_its_files_is_refused(run_embed_job, release_dir, file):
    _, out = run_embed_job(release_dir)
    (out / file).write_bytes(b"")
    with pytest.raises(JobRefused, match=r"holds no embeddings|is broken"):
        read_embeddings(out)
