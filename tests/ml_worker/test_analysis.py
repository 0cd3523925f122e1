"""Analysis measures each clip, or says in one sentence why not."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ml_worker.analysis import resolve_inside
from ml_worker.recordings.audio import AudioRefused
from ml_worker.runner import run_job


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A folder with everything that people upload."""
    root = tmp_path / "recordings"
    (root / "inner").mkdir(parents=True)
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, 16_000)
    soundfile.write(root / "good.wav", noise, 8000)
    soundfile.write(root / "inner" / "stereo.flac", np.stack([noise, noise], 1), 44_100)
    soundfile.write(root / "short.wav", noise[:80], 8000)
    soundfile.write(root / "silent.wav", np.zeros(16_000), 8000)
    (root / "twin.wav").write_bytes((root / "good.wav").read_bytes())
    whole = (root / "good.wav").read_bytes()
    (root / "cut.wav").write_bytes(whole[: len(whole) // 2])
    (root / "empty.wav").touch()
    (root / "text.wav").write_text("not sound\n" * 100)
    soundfile.write(root / "nan.wav", np.array([0.0, np.nan]), 8000, subtype="FLOAT")
    (tmp_path / "secret.wav").write_bytes(whole)
    (root / "link.wav").symlink_to(tmp_path / "secret.wav")
    return root


GOOD = ["good.wav", "inner/stereo.flac", "short.wav", "silent.wav", "twin.wav"]
BAD = {
    "cut.wav": "cut off",
    "empty.wav": "empty file",
    "text.wav": "cannot be decoded",
    "nan.wav": "NaN",
    "gone.wav": "not in the recordings' folder",
    "../secret.wav": "not inside",
    "link.wav": "not inside",
    "/etc/hostname": "not inside",
}


def lines_of(out_dir: Path) -> list[dict]:
    return [json.loads(line) for line in (out_dir / "analysis.jsonl").read_text().splitlines()]


def test_good_clips_are_measured_and_bad_ones_refused_in_the_order_asked(
    recordings, make_analysis_job, tmp_path
):
    files = [f for pair in zip([*GOOD, "good.wav"], BAD, strict=False) for f in pair]
    files += list(BAD)[len(GOOD) + 1 :]
    out_dir = tmp_path / "out"
    result = run_job(make_analysis_job(recordings, files), out_dir)
    assert result.ok, result.error
    assert result.summary["n_ok"] == 6
    assert result.summary["n_refused"] == len(BAD)
    lines = lines_of(out_dir)
    assert [line["file"] for line in lines] == files
    assert [line["clip_id"] for line in lines] == [f"id-{f}" for f in files]
    for line in lines:
        if line["ok"]:
            assert {Path(p).name for p in line["artefacts"].values()} == {
                "preview.mp3",
                "spectrogram.png",
                "peaks.json",
                "fingerprint.bin",
            }
            assert all((out_dir / p).is_file() for p in line["artefacts"].values())
        else:
            assert BAD[line["file"]] in line["reason"]
    by_file = {line["file"]: line for line in lines}
    assert by_file["good.wav"]["duration_s"] == 2.0
    assert by_file["good.wav"]["sample_rate_hz"] == 8000
    assert by_file["inner/stereo.flac"]["n_channels"] == 2
    assert by_file["good.wav"]["loudness_lufs"] == pytest.approx(-21, abs=3)
    assert by_file["silent.wav"]["loudness_lufs"] is None
    assert by_file["short.wav"]["loudness_lufs"] is None
    assert by_file["twin.wav"]["artefacts"] == by_file["good.wav"]["artefacts"]
    assert "clips.jsonl" not in result.files
    assert len(result.files) == 1 + 4 * 4
    assert not list(out_dir.rglob(".*"))


def test_the_bytes_do_not_depend_on_the_number_of_processes(
    recordings, make_analysis_job, tmp_path
):
    results = [
        run_job(
            make_analysis_job(recordings, [*GOOD, *BAD], f"job{n}", processes=n),
            tmp_path / f"out{n}",
        )
        for n in (1, 3)
    ]
    assert results[0].files == results[1].files


def test_a_bad_line_ends_the_job_with_a_sentence_that_names_it(
    recordings, make_analysis_job, tmp_path
):
    job_dir = make_analysis_job(recordings, ["good.wav"])
    with (job_dir / "clips.jsonl").open("a") as handle:
        handle.write('{"clip_id": 7}\n')
    result = run_job(job_dir, tmp_path / "out")
    assert not result.ok
    assert "line 2" in result.error


def test_a_link_inside_the_folder_may_be_followed(recordings):
    (recordings / "inside.wav").symlink_to(recordings / "good.wav")
    assert resolve_inside(recordings, "inside.wav") == (recordings / "good.wav").resolve()


@pytest.mark.parametrize("file", ["", "..", "a/../../b", "/", "inner", "a\0b", "inner/../good.wav"])
def test_odd_names_are_refused(recordings, file):
    with pytest.raises(AudioRefused):
        resolve_inside(recordings, file)
