"""Releases in object storage: complete or not at all, resumed, and every bit as released."""

import hashlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from datasets_app.audit.models import AuditEvent
from datasets_app.releases.models import Release
from datasets_app.releases.storage import objects
from datasets_app.releases.storage.file_index import ReleaseDamaged
from datasets_app.releases.storage.objects import StorageFailed
from datasets_app.releases.storage.pushing import push_release, verify_stored_release
from tests.datasets_app.releases.storage.conftest import KEYS
from tests.datasets_app.releases.storage.made_releases import FILES, database_url, make_release

ROOT = Path(__file__).resolve().parents[4]
HERE = "harken/yard/1.0"
PART = 5 << 20  # the smallest that S3 takes


@pytest.mark.django_db
def test_a_release_lies_there_as_it_was_released(storage, release):
    told: list[tuple[int, int]] = []
    place = push_release(release=release, on_progress=lambda *step: told.append(step))
    assert place == f"s3://{storage.bucket}/harken/yard/1.0"
    manifest = (Path(release.path) / "MANIFEST.json").read_bytes()
    expected = {f"{HERE}/{name}": content for name, content in FILES.items()}
    expected[f"{HERE}/MANIFEST.json"] = manifest
    assert {key: storage.content(key) for key in storage.listed()} == expected
    assert told[-1] == (len(FILES) + 1, len(FILES) + 1)
    assert Release.objects.get().stored_under == place
    assert AuditEvent.objects.get(verb="push_release").after == {"stored_under": place}
    assert verify_stored_release(release=release) == []


@pytest.mark.django_db
def test_pushing_again_writes_nothing(storage, release):
    push_release(release=release)
    before = storage.written_at()
    push_release(release=release)
    assert storage.written_at() == before
    assert AuditEvent.objects.filter(verb="push_release").count() == 1


@pytest.mark.django_db
def test_the_manifest_goes_last_and_only_when_all_else_is_there(storage, release):
    (Path(release.path) / "metadata/deep" / ("long/" * 30) / "name.csv").write_bytes(b"x,y\n1,3\n")
    with pytest.raises(ReleaseDamaged, match=r"name\.csv has changed since it was released"):
        push_release(release=release)
    assert f"{HERE}/MANIFEST.json" not in storage.listed()
    assert not any(key.endswith("name.csv") for key in storage.listed())
    assert Release.objects.get().stored_under == ""


@pytest.mark.django_db
def test_a_file_in_parts_is_taken_up_where_it_broke_off(
    storage, tmp_path, settings, monkeypatch, disturbed_way
):
    monkeypatch.setattr(objects, "PART_BYTES", PART)
    big = random.Random(8).randbytes(3 * PART + 12_345)
    release = make_release(tmp_path / "released", {"dev_audio/big.wav": big})
    n_passed = 0

    def cut_after_two_parts(piece: bytes) -> bytes | None:
        nonlocal n_passed
        n_passed += len(piece)
        return piece if n_passed < 2.5 * PART else None

    settings.STORAGE_URL = storage.url_by(disturbed_way(cut_after_two_parts).address)
    with pytest.raises(StorageFailed, match=r"did not answer to take dev_audio/big\.wav"):
        push_release(release=release)
    assert storage.listed() == []
    (upload,) = storage.client.list_multipart_uploads(Bucket=storage.bucket)["Uploads"]
    of = {"Bucket": storage.bucket, "Key": upload["Key"], "UploadId": upload["UploadId"]}
    assert len(storage.client.list_parts(**of)["Parts"]) == 2

    n_passed = 0

    def count(piece: bytes) -> bytes:
        nonlocal n_passed
        n_passed += len(piece)
        return piece

    settings.STORAGE_URL = storage.url_by(disturbed_way(count).address)
    push_release(release=release)
    assert PART < n_passed < 1.5 * PART  # what was there did not go again
    assert storage.content(f"{HERE}/dev_audio/big.wav") == big


@pytest.mark.django_db(transaction=True)
def test_a_push_that_was_killed_is_taken_up_by_the_next(storage, tmp_path):
    files = {f"dev_audio/{n:03}.wav": random.Random(n).randbytes(9_000) for n in range(80)}
    release = make_release(tmp_path / "released", files)
    environment = {
        "STORAGE_URL": storage.url,
        "DATABASE_URL": database_url(),
        "HARKEN_VAR_DIR": str(tmp_path),
        **KEYS,
    }
    with (tmp_path / "push.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "push_release", "--release", "1.0"],
            env={**os.environ, **environment},
            cwd=ROOT,
            stderr=log,
        )
    deadline = time.monotonic() + 120
    while len(storage.listed()) < 35:
        assert time.monotonic() < deadline, (tmp_path / "push.log").read_text()
        assert process.poll() is None, (tmp_path / "push.log").read_text()
        time.sleep(0.02)
    process.kill()
    process.wait()
    before = storage.written_at()
    assert 35 <= len(before) <= len(files)
    assert f"{HERE}/MANIFEST.json" not in before
    push_release(release=release)
    after = storage.written_at()
    assert len(after) == len(files) + 1
    assert {key: at for key, at in after.items() if key in before} == before
    assert verify_stored_release(release=release) == []


@pytest.mark.django_db
def test_a_bit_that_flips_on_the_way_is_noticed(storage, release, settings, disturbed_way):
    settings.STORAGE_URL = storage.url_by(
        disturbed_way(lambda piece: piece.replace(b"noise noise", b"noise nOise", 1)).address
    )
    with pytest.raises(StorageFailed, match="ruido"):
        push_release(release=release)
    assert not any("ruido" in key or "MANIFEST" in key for key in storage.listed())
    assert Release.objects.get().stored_under == ""
    settings.STORAGE_URL = storage.url
    push_release(release=release)
    assert verify_stored_release(release=release) == []


@pytest.mark.django_db
def test_a_bit_that_flips_in_the_storage_is_found(storage, release, capsys):
    call_command("push_release", release="1.0")
    key, name = f"{HERE}/dev_audio/a.wav", "dev_audio/a.wav"
    flipped = bytearray(FILES[name])
    flipped[5000] ^= 1
    kept = {"sha256": hashlib.sha256(FILES[name]).hexdigest()}
    storage.client.put_object(Bucket=storage.bucket, Key=key, Body=bytes(flipped), Metadata=kept)
    storage.client.delete_object(Bucket=storage.bucket, Key=f"{HERE}/README.md")
    problems = verify_stored_release(release=Release.objects.get())
    assert [problem.split(" in s3:")[0] for problem in problems] == [
        "README.md is missing",
        f"{name} has changed",
    ]
    with pytest.raises(CommandError, match="not sound"):
        call_command("push_release", "--verify", release="1.0")
    call_command("push_release", release="1.0")
    assert verify_stored_release(release=Release.objects.get()) == []


@pytest.mark.django_db
def test_another_release_at_the_same_place_is_left_alone(storage, release):
    storage.client.put_object(
        Bucket=storage.bucket,
        Key=f"{HERE}/MANIFEST.json",
        Body=b"{}",
        Metadata={"sha256": "f" * 64},
    )
    with pytest.raises(ValueError, match="Another release lies at"):
        push_release(release=release)
    assert storage.listed() == [f"{HERE}/MANIFEST.json"]


@pytest.mark.django_db
def test_without_storage_or_with_a_bucket_that_is_not_there_a_sentence_says_so(
    storage, release, settings
):
    settings.STORAGE_URL = storage.url.replace(storage.bucket, "not-there")
    with pytest.raises(StorageFailed, match="refused"):
        push_release(release=release)
    settings.STORAGE_URL = ""
    with pytest.raises(ValueError, match="STORAGE_URL is not set"):
        push_release(release=release)
