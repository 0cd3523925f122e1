"""The files of a clip: whole or in part, for signed-in people, never by path."""

import uuid

import pytest
from django.urls import reverse

from annotator.explore.byte_ranges import Unsatisfiable, parse_range
from datasets_app.clips.media import clip_folder
from datasets_app.clips.models import Clip

SOUND = bytes(range(256)) * 600


@pytest.fixture
def clip(world) -> Clip:
    clip = world.clip()
    folder = clip_folder(clip.sha256)
    folder.mkdir(parents=True)
    (folder / "preview.mp3").write_bytes(SOUND)
    (folder / "spectrogram.png").write_bytes(b"png")
    (folder / "peaks.json").write_bytes(b"{}")
    (folder / "original.wav").write_bytes(b"the recording itself")
    return clip


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def address(clip, file="preview.mp3") -> str:
    return reverse("clip-media", args=[clip.uuid, file])


@pytest.mark.parametrize(
    ("file", "content_type"),
    [
        ("preview.mp3", "audio/mpeg"),
        ("spectrogram.png", "image/png"),
        ("peaks.json", "application/json"),
    ],
)
def test_each_file_comes_with_its_type_and_stays_private(as_annotator, clip, file, content_type):
    response = as_annotator.get(address(clip, file))
    assert response.status_code == 200
    assert response["Content-Type"] == content_type
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"].startswith("private")
    body(response)


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=153000-", 153_000, 153_599),
        ("bytes=153599-", 153_599, 153_599),
        ("bytes=-600", 153_000, 153_599),
        ("bytes=0-999999999", 0, 153_599),
        ("bytes=-999999999", 0, 153_599),
    ],
)
def test_a_range_brings_exactly_its_bytes(as_annotator, clip, header, first, last):
    response = as_annotator.get(address(clip), headers={"Range": header})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(SOUND)}"
    assert int(response["Content-Length"]) == last - first + 1
    assert body(response) == SOUND[first : last + 1]


@pytest.mark.parametrize("header", ["bytes=153600-", "bytes=153600-153700", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_had(as_annotator, clip, header):
    response = as_annotator.get(address(clip), headers={"Range": header})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(SOUND)}"


@pytest.mark.parametrize(
    "header", ["", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,4-5", "items=0-1"]
)
def test_other_ranges_are_ignored(as_annotator, clip, header):
    response = as_annotator.get(address(clip), headers={"Range": header})
    assert response.status_code == 200
    assert body(response) == SOUND


def test_only_ascii_digits_make_a_range():
    assert parse_range("bytes=\u0663-\u0664", 10) is None


def test_an_empty_file_has_no_range():
    with pytest.raises(Unsatisfiable):
        parse_range("bytes=0-", 0)


def test_an_unchanged_file_is_not_sent_again(as_annotator, clip):
    etag = as_annotator.get(address(clip, "peaks.json"))["ETag"]
    again = as_annotator.get(address(clip, "peaks.json"), headers={"If-None-Match": etag})
    assert again.status_code == 304


def test_withdrawn_and_unknown_clips_have_no_files(as_annotator, clip):
    assert as_annotator.get(address(Clip(uuid=uuid.uuid4()))).status_code == 404
    Clip.objects.update(state=Clip.State.WITHDRAWN)
    assert as_annotator.get(address(clip)).status_code == 404


@pytest.mark.parametrize(
    "file", ["original.wav", "..", "%2e%2e", "..%2f..%2fharken.sqlite3", "preview.mp3%00", "."]
)
def test_only_the_three_files_are_served(as_annotator, clip, file):
    assert as_annotator.get(f"/media/clips/{clip.uuid}/{file}").status_code == 404


def test_a_file_that_is_missing_is_not_found(as_annotator, clip):
    (clip_folder(clip.sha256) / "preview.mp3").unlink()
    assert as_annotator.get(address(clip)).status_code == 404


def test_files_are_only_read(as_annotator, clip):
    assert as_annotator.post(address(clip)).status_code == 405
    assert as_annotator.head(address(clip)).status_code == 200
