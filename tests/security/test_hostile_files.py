"""Files that somebody made to break the reader end in sentences, and leave nothing behind."""

import io
import json
import struct
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.clips.table import ClipTableError, read_clip_table
from datasets_app.ontology.models import Ontology
from datasets_app.votes.models import Vote
from ml_worker.recordings.audio import AudioRefused, decode

SUFFIXES = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".mp3": "MP3"}
DEEP = "[" * 100_000 + "]" * 100_000


def sound(suffix: str) -> bytes:
    kept = io.BytesIO()
    samples = np.random.default_rng(0).normal(0, 0.1, 4000)
    soundfile.write(kept, samples, 8000, format=SUFFIXES[suffix])
    return kept.getvalue()


SOUNDS = {suffix: sound(suffix) for suffix in SUFFIXES}


def heard(content: bytes, suffix: str) -> bool:
    """Decode; say whether it was taken as a recording, which is then sound in every way."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(content)
        try:
            found = decode(path, max_duration_s=60)
        except AudioRefused as error:
            assert str(error).startswith(f"a{suffix} ")
            return False
    assert np.isfinite(found.samples).all()
    assert 1 <= found.n_channels <= 8
    return True


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(data=st.data())
@settings(max_examples=60)
def test_a_recording_with_any_bytes_changed_is_decoded_or_refused(suffix, data):
    content = bytearray(SOUNDS[suffix])
    # Where the headers are, and anywhere.
    places = st.integers(0, 200) | st.integers(0, len(content) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=12)):
        content[min(place, len(content) - 1)] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    heard(bytes(content[:cut] if data.draw(st.booleans()) else content), suffix)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(content=st.binary(max_size=3000))
@settings(max_examples=40)
def test_bytes_of_any_kind_are_no_recording(suffix, content):
    assert not heard(content, suffix)


def wav(**fields: int) -> bytes:
    """Return a WAV file whose header says what is asked and whose data are 16 samples."""
    said = {"channels": 1, "rate_hz": 8000, "bits": 16, "data_bytes": 32} | fields
    frame = max(said["channels"] * said["bits"] // 8, 1)
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", min(36 + said["data_bytes"], 2**32 - 1), b"WAVE", b"fmt ", 16, 1),
        *(said["channels"], said["rate_hz"], min(said["rate_hz"] * frame, 2**32 - 1)),
        *(frame & 0xFFFF, said["bits"], b"data", said["data_bytes"]),
    )
    return header + bytes(32)


@pytest.mark.parametrize(
    "fields",
    [
        {"rate_hz": 0},
        {"rate_hz": 2**32 - 1},
        {"channels": 0},
        {"channels": 64},
        {"channels": 65_535},
        {"bits": 0},
        {"bits": 65_535},
        {"data_bytes": 2 * 8000 * 3600 * 30},
    ],
    ids=str,
)
def test_a_header_that_cannot_be_is_refused(fields):
    assert not heard(wav(**fields), ".wav")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_archive_is_no_recording(suffix):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(50_000_000))
    assert not heard(bomb.getvalue(), suffix)


HOSTILE_NAMES = [
    "../../etc/passwd.wav",
    "/etc/passwd.wav",
    "a/../../b.wav",
    "C:\\windows\\a.wav",
    "link.wav",
    "loop.wav",
    "a" * 5000 + ".wav",
    "a\x00.wav",
    ".wav",
    "folder.wav",
]


def test_no_name_of_a_file_leads_out_of_the_folder(tmp_path):
    folder = tmp_path / "brought"
    folder.mkdir()
    (tmp_path / "secret.wav").write_bytes(SOUNDS[".wav"])
    (folder / "link.wav").symlink_to(tmp_path / "secret.wav")
    (folder / "loop.wav").symlink_to(folder / "loop.wav")
    (folder / "folder.wav").mkdir()
    rows = "".join(f'clip-{i},"{name}",ana,CC0-1.0\n' for i, name in enumerate(HOSTILE_NAMES))
    (folder / "clips.csv").write_text(f"clip_id,file,uploader,license\n{rows}", encoding="utf-8")
    taken, refused = read_clip_table(folder)
    assert taken == []
    assert len(refused) == len(HOSTILE_NAMES)
    assert all(refusal.reason.endswith(".") for refusal in refused)


@pytest.mark.parametrize(
    ("column", "value"),
    [("description", "x" * 50_001), ("tags", ";".join("ab" for _ in range(501)))],
)
def test_what_a_clip_may_say_has_an_end(tmp_path, column, value):
    (tmp_path / "a.wav").write_bytes(SOUNDS[".wav"])
    table = f"clip_id,file,uploader,license,{column}\na,a.wav,ana,CC0-1.0,{value}\n"
    (tmp_path / "clips.csv").write_text(table, encoding="utf-8")
    _, [refused] = read_clip_table(tmp_path)
    assert column in refused.reason


@given(content=st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
@settings(max_examples=100)
def test_a_table_of_any_bytes_is_read_or_refused(content):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "clips.csv").write_bytes(b"clip_id,file,uploader,license\n" + content)
        try:
            taken, _ = read_clip_table(Path(folder))
        except ClipTableError as error:
            assert "clips.csv" in str(error)
        else:
            assert taken == []


HOSTILE_JSON = [
    b"",
    b"null",
    b"\xff\xfe\x00",
    b"[NaN]",
    b'[{"id": "/m/a", "name": "A", "child_ids": ["/m/a"]}]',
    b'[{"id": "/m/a"}]',
    b'[{"id": 1e400, "name": "A"}]',
    b'[{"id": "/m/a", "name": {"$gt": ""}}]',
    json.dumps([{"id": "/m/\x00", "name": "A"}]).encode(),
    json.dumps([{"id": "/m/a", "name": "A" * 100_000}]).encode(),
    DEEP.encode(),
]


@pytest.mark.django_db
@pytest.mark.parametrize("content", HOSTILE_JSON, ids=range(len(HOSTILE_JSON)))
def test_an_ontology_that_is_none_is_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "sounds.json").write_bytes(content)
    with pytest.raises(CommandError) as error:
        call_command("load_ontology", str(tmp_path / "sounds.json"))
    assert len(str(error.value)) < 5000
    assert not Ontology.objects.exists()


HOSTILE_VOTES = [
    b"",
    b"annotator,clip_id,mid,answer\n" + b"a," * 200_000 + b"\n",
    b"annotator,clip_id,mid,answer\nana,clip-01,/m/05tny_,PP\x00\n",
    b'annotator,clip_id,mid,answer\n"ana,clip-01,/m/05tny_,PP\n',
    b"annotator,clip_id,mid,answer\n=cmd(),clip-99,/m/05tny_,PP\n",
    b"annotator,clip_id,mid,answer\nana,clip-01,/m/05tny_," + b"P" * 200_000 + b"\n",
    b"\xff\xfea\x00n\x00",
    DEEP.encode(),
]


@pytest.mark.parametrize("content", HOSTILE_VOTES, ids=range(len(HOSTILE_VOTES)))
def test_votes_that_are_none_are_refused_in_a_sentence(world, tmp_path, content):
    world.nominated_clips(1)
    (tmp_path / "votes.csv").write_bytes(content)
    with pytest.raises(CommandError) as error:
        call_command("import_votes", str(tmp_path / "votes.csv"), collection="yard")
    assert "votes.csv" in str(error.value)
    assert not Vote.objects.exists()
