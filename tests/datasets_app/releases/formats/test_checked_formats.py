"""A format that disagrees with the labels is noticed, and the place is named."""

import pyarrow.parquet as pq
import pytest

from datasets_app.releases.manifest import write_manifest
from datasets_app.releases.options import ReleaseOptions
from datasets_app.releases.services import build_release
from datasets_app.releases.verification import check_release, verify_release


def sign_again(folder):
    (folder / "MANIFEST.json").unlink()
    write_manifest(folder, collection="small", version="1.0")


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        ("audiofolder-train.jsonl", '"mids": "/m/bell"', '"mids": "/m/bark"', 3),
        ("audioset/train_segments.csv", "0.010", "0.020", 4),
        ("audioset/class_labels_indices.csv", "/m/bell,Bell", "/m/bell,Ball", 4),
        ("dcase/eval.csv", "Instrument", "Animal", 3),
        ("dcase/weak_val.tsv", "Animal\n", "Animal\nc09.wav\tBark\n", 3),
        ("croissant.json", "sc:Dataset", "sc:Dataxxx", 53),
        ("soundata/index.json", "dev_audio/c03", "dev_audio/c02", 5),
    ],
)
def test_a_changed_line_is_named(folder, name, old, new, line):
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    sign_again(folder)
    place = path.read_text().splitlines()
    problems = verify_release(folder)
    assert len(problems) == 1
    said = int(problems[0].removeprefix(f"{name} line ").split()[0])
    assert "is not what the release's labels and metadata give" in problems[0]
    assert said == next(i for i, row in enumerate(place, 1) if row not in text.splitlines()) or (
        name.endswith("index.json")
    )
    assert said == line or name == "croissant.json"


def test_a_cut_file_is_noticed(folder):
    path = folder / "dcase/train.csv"
    path.write_text(path.read_text()[:-4])
    sign_again(folder)
    assert verify_release(folder) == [
        "dcase/train.csv line 4 is not what the release's labels and metadata give."
    ]


def test_changed_rows_of_parquet_are_named(folder):
    path = folder / "parquet/train-00000-of-00001.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(0, 2), path)
    sign_again(folder)
    assert verify_release(folder) == [
        "parquet/train-00000-of-00001.parquet rows 1 to 3 are not what the release's labels and "
        "metadata give."
    ]


def test_the_same_rows_written_by_another_writer_are_sound(folder):
    path = folder / "parquet/train-00000-of-00001.parquet"
    pq.write_table(pq.read_table(path), path, compression="snappy", row_group_size=1000)
    sign_again(folder)
    assert verify_release(folder) == []


@pytest.mark.parametrize("content", [b"", b"PAR1", b"{}"])
def test_what_is_no_parquet_ends_in_a_sentence(folder, content):
    (folder / "parquet/eval-00000-of-00001.parquet").write_bytes(content)
    sign_again(folder)
    assert verify_release(folder) == [
        "parquet/eval-00000-of-00001.parquet cannot be read as Parquet."
    ]


def test_a_missing_format_is_noticed(folder):
    (folder / "soundata/index.json").unlink()
    sign_again(folder)
    assert verify_release(folder) == [
        "soundata/index.json cannot be read: No such file or directory."
    ]


def test_a_card_without_the_header_is_noticed(folder):
    path = folder / "README.md"
    path.write_text(path.read_text().removeprefix("---\n"))
    sign_again(folder)
    assert verify_release(folder) == [
        "README.md does not begin with the header that audiofolder needs."
    ]


def test_recordings_inside_parquet_are_compared(collection, tmp_path):
    options = ReleaseOptions(formats=("parquet",), has_audio_in_parquet=True)
    out = tmp_path / "out"
    build_release(collection=collection, version="1.0", out=out, options=options)
    assert check_release(out).formats.keys() == {"fsd50k", "parquet"}
    path = out / "parquet-audio/eval-00000-of-00001.parquet"
    rows = pq.read_table(path)
    changed = rows.to_pylist()
    changed[1]["audio"]["bytes"] += b"x"
    pq.write_table(type(rows).from_pylist(changed, schema=rows.schema), path)
    sign_again(out)
    assert verify_release(out) == [
        "parquet-audio/eval: clip c06 is not there as the release's labels, metadata and "
        "recordings give it."
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"duration_s": 0.01', '"duration_s": "long"'),
        ('"tags": ["ünïcode", "c05"]', '"tags": [5]'),
        ('"n_certified": 0', '"n_certified": []'),
        ('"title": "Clip', '"title": "\\ud800Clip'),
    ],
)
def test_metadata_of_other_kinds_end_in_a_sentence(folder, old, new):
    path = folder / "metadata/eval_clips_info.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    sign_again(folder)
    assert verify_release(folder)
