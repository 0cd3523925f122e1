"""Every format is loaded by the readers of its own field, offline, and is what was released."""

import csv
import hashlib
import json
from pathlib import Path

import pytest

from datasets_app.domain.labels.label_states import TrainingState
from datasets_app.releases.options import ReleaseOptions
from datasets_app.releases.reading import read_truth
from datasets_app.releases.services import build_release

PARTS = {"train": ["c01", "c02", "c03"], "val": ["c04"], "eval": ["c05", "c06"]}
REFUSED = {"c03": ["/m/bark"]}
UNDECIDED = {"c02": ["/m/animal"], "c04": ["/m/bell"], "c06": ["/m/bell"]}
"""Worked out from small_collection.CLIPS, as in test_build_release.LABELS."""


def positives(folder: Path) -> dict[str, list[str]]:
    return {fname: list(mids) for fname, mids in read_truth(folder).positives.items()}


def info_of(folder: Path, fname: str) -> dict:
    side = "eval" if fname in PARTS["eval"] else "dev"
    return json.loads((folder / f"metadata/{side}_clips_info.json").read_text())[fname]


def test_audiofolder_by_datasets(folder, hub, tmp_path):
    loaded = hub.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {part: list(rows["fname"]) for part, rows in loaded.items()} == PARTS
    for rows in loaded.values():
        for row in rows.cast_column("audio", hub.Audio(decode=False)):
            fname, info = row["fname"], info_of(folder, row["fname"])
            path = Path(row["audio"]["path"])
            assert path == folder / info["file"]
            assert hashlib.sha256(path.read_bytes()).hexdigest() == info["sha256"]
            assert row["mids"].split(",") == positives(folder)[fname]
            assert row["negative_mids"] == ",".join(REFUSED.get(fname, []))
            assert row["undecided_mids"] == ",".join(UNDECIDED.get(fname, []))
            for name in ("title", "uploader", "license", "duration_s", "sample_rate_hz"):
                assert row[name] == info[name]


def test_parquet_by_datasets_and_by_pyarrow(folder, hub, tmp_path):
    import pyarrow.parquet as pq

    files = {p: str(folder / f"parquet/{p}-00000-of-00001.parquet") for p in PARTS}
    loaded = hub.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))
    assert {part: list(rows["fname"]) for part, rows in loaded.items()} == PARTS
    truth = read_truth(folder)
    for part in PARTS:
        for row in pq.read_table(files[part]).to_pylist():
            fname, info = row["fname"], info_of(folder, row["fname"])
            assert row["part"] == part
            assert row["mids"] == list(truth.positives[fname])
            assert row["labels"] == [truth.vocabulary[mid] for mid in row["mids"]]
            assert row["origins"] == [truth.states[fname][mid][1].value for mid in row["mids"]]
            assert row["negative_mids"] == REFUSED.get(fname, [])
            assert row["undecided_mids"] == UNDECIDED.get(fname, [])
            for name in ("file", "sha256", "tags", "title", "description", "loudness_lufs"):
                assert row[name] == info[name]


def test_parquet_with_recordings_by_datasets(collection, hub, tmp_path):
    out = tmp_path / "heavy"
    options = ReleaseOptions(formats=("parquet",), has_audio_in_parquet=True)
    build_release(collection=collection, version="1.0", out=out, options=options)
    loaded = hub.load_dataset(str(out / "parquet-audio"), cache_dir=str(tmp_path / "cache"))
    rows = loaded["train"]
    assert isinstance(rows.features["audio"], hub.Audio)
    for row in rows.cast_column("audio", hub.Audio(decode=False)):
        content = row["audio"]["bytes"]
        assert hashlib.sha256(content).hexdigest() == info_of(out, row["fname"])["sha256"]
    assert list(rows["fname"]) == PARTS["train"]


def test_croissant_by_mlcroissant(folder):
    import mlcroissant

    loaded = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    assert not loaded.metadata.issues.errors
    assert loaded.metadata.ctx.conforms_to.value == "http://mlcommons.org/croissant/1.1"
    assert "wins over every vote" in " ".join(loaded.metadata.data_annotation_protocol)
    found = {}
    for record in loaded.records("clips"):
        fname = record["clips/fname"].decode()
        found[fname] = [mid.decode() for mid in record["clips/mids"]]
        assert record["clips/sha256"].decode() == info_of(folder, fname)["sha256"]
        assert [mid.decode() for mid in record["clips/negative_mids"]] == REFUSED.get(fname, [])
    assert found == positives(folder)
    classes = {r["classes/mid"]: r["classes/label"] for r in loaded.records("classes")}
    assert classes == read_truth(folder).vocabulary


def test_croissant_names_every_file_with_its_sha256(folder):
    files = json.loads((folder / "croissant.json").read_text())["distribution"]
    named = {f["contentUrl"]: f["sha256"] for f in files if f["@type"] == "cr:FileObject"}
    for name, sha256 in named.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
    assert "ground_truth/labels.csv" in named


def soundata_dataset(folder: Path):
    from soundata import core

    class OwnIndex(core.Index):
        def get_path(self):
            return str(folder / "soundata/index.json")

    class OwnClip(core.Clip):
        @property
        def audio_path(self):
            return self.get_path("audio")

    return core.Dataset(
        data_home=str(folder),
        version="1.0",
        name="small",
        clip_class=OwnClip,
        indexes={"1.0": OwnIndex("index.json")},
    )


def test_soundata_index_by_soundata(folder):
    dataset = soundata_dataset(folder)
    assert dataset._index["version"] == "1.0"
    assert dataset.clip_ids == sorted(positives(folder))
    for fname, clip in dataset.load_clips().items():
        assert clip.audio_path == str(folder / info_of(folder, fname)["file"])
    missing, invalid = dataset.validate(verbose=False)
    assert not any(missing.values()) and not any(invalid.values())


def test_soundata_notices_a_changed_recording(folder):
    path = folder / "dev_audio/c02.wav"
    path.unlink()
    path.write_bytes(b"other")
    _, invalid = soundata_dataset(folder).validate(verbose=False)
    assert invalid["clips"] == {"c02": [str(path)]}


@pytest.mark.parametrize("part", PARTS)
def test_audioset_lists_in_their_documented_form(folder, part):
    with (folder / f"audioset/{part}_segments.csv").open(newline="") as handle:
        lines = [line for line in handle if not line.startswith("#")]
    rows = list(csv.reader(lines, skipinitialspace=True))
    assert [row[0] for row in rows] == PARTS[part]
    for fname, start, end, mids in rows:
        assert (float(start), float(end)) == (0.0, info_of(folder, fname)["duration_s"])
        assert mids.split(",") == positives(folder)[fname]
    with (folder / "audioset/class_labels_indices.csv").open(newline="") as handle:
        classes = {row["mid"]: row["display_name"] for row in csv.DictReader(handle)}
    assert classes == read_truth(folder).vocabulary


@pytest.mark.parametrize(
    ("name", "columns", "delimiter"),
    [
        ("dcase/{}.csv", ["fname", "labels"], ","),
        ("dcase/weak_{}.tsv", ["filename", "event_labels"], "\t"),
    ],
)
def test_dcase_tables_in_their_documented_form(folder, name, columns, delimiter):
    truth = read_truth(folder)
    for part, fnames in PARTS.items():
        with (folder / name.format(part)).open(newline="") as handle:
            rows = list(csv.reader(handle, delimiter=delimiter))
        assert rows[0] == columns
        assert [row[0] for row in rows[1:]] == [f"{fname}.wav" for fname in fnames]
        for fname, (_, labels) in zip(fnames, rows[1:], strict=True):
            expected = [truth.vocabulary[mid] for mid in truth.positives[fname]]
            assert labels.split(",") == expected


def test_every_state_that_labels_csv_gives_is_in_the_expectations(folder):
    for fname, states in read_truth(folder).states.items():
        refused = [mid for mid, (s, _) in states.items() if s is TrainingState.NEGATIVE]
        undecided = [mid for mid, (s, _) in states.items() if s is TrainingState.UNDECIDED]
        assert (refused, undecided) == (REFUSED.get(fname, []), UNDECIDED.get(fname, []))
