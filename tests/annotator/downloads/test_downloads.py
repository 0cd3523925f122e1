"""Files of a release over HTTP: ranges, digests, and nothing but what the manifest lists."""

import base64
import hashlib
import io
import logging
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.releases.models import Release
from datasets_app.releases.publishing import publish_release
from tests.datasets_app.releases.storage.made_releases import FILES, make_release

pytestmark = pytest.mark.django_db
HERE = "/collections/yard/releases/1.0"
SOUND = "dev_audio/a.wav"
CONTENT = FILES[SOUND]


@pytest.fixture
def release(db, tmp_path: Path) -> Release:
    made = make_release(tmp_path / "released")
    publish_release(release=made)
    return made


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def digest_of(content: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


@pytest.mark.parametrize("name", FILES)
def test_every_file_comes_whole_with_its_digest(client, release, name):
    response = client.get(reverse("release-file", args=["yard", "1.0", name]))
    assert response.status_code == 200
    assert body(response) == FILES[name]
    assert response["Content-Length"] == str(len(FILES[name]))
    assert response["ETag"] == f'"{hashlib.sha256(FILES[name]).hexdigest()}"'
    assert response["Repr-Digest"] == response["Content-Digest"] == digest_of(FILES[name])
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_the_signature_of_a_signed_release_comes_with_it(client, release):
    address = f"{HERE}/files/MANIFEST.signature.json"
    assert client.get(address).status_code == 404
    make_release(Path(release.path).with_name("signed"), version="1.1")
    signed = Release.objects.get(version="1.1")
    (Path(signed.path) / "MANIFEST.signature.json").write_bytes(b'{"signature": "x"}')
    publish_release(release=signed)
    response = client.get(address.replace("/1.0/", "/1.1/"))
    assert body(response) == b'{"signature": "x"}'
    assert b"MANIFEST.signature.json" in body(client.get(f"{HERE[:-3]}1.1/SHA256SUMS"))


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=10239-", 10_239, 10_239),
        ("bytes=-10", 10_230, 10_239),
        ("bytes=5-999999", 5, 10_239),
    ],
)
def test_a_range_comes_alone(client, release, header, first, last):
    response = client.get(f"{HERE}/files/{SOUND}", headers={"Range": header})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert response["Content-Length"] == str(last - first + 1)
    assert body(response) == CONTENT[first : last + 1]
    assert response["Repr-Digest"] == digest_of(CONTENT)
    assert "Content-Digest" not in response


def test_a_range_behind_the_end_is_refused(client, release):
    response = client.get(f"{HERE}/files/{SOUND}", headers={"Range": "bytes=10240-"})
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */10240"


def test_an_empty_file_has_no_range(client, release):
    address = f"{HERE}/files/dev_audio/empty.txt"
    assert client.get(address, headers={"Range": "bytes=0-"}).status_code == 416
    response = client.get(address)
    assert (response.status_code, response["Content-Length"], body(response)) == (200, "0", b"")


@pytest.mark.parametrize("header", ["bytes=0-1,4-5", "items=0-1", "bytes=9-3", "bytes=-", "junk"])
def test_other_ranges_are_as_if_not_asked(client, release, header):
    response = client.get(f"{HERE}/files/{SOUND}", headers={"Range": header})
    assert (response.status_code, body(response)) == (200, CONTENT)


def test_if_range_gives_the_part_only_of_the_same_bytes(client, release):
    etag = f'"{hashlib.sha256(CONTENT).hexdigest()}"'
    for validator, status in [
        (etag, 206),
        (f"W/{etag}", 200),
        ('"other"', 200),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 200),
    ]:
        headers = {"Range": "bytes=0-9", "If-Range": validator}
        response = client.get(f"{HERE}/files/{SOUND}", headers=headers)
        assert response.status_code == status, validator
        body(response)


def test_what_one_has_already_is_not_sent_again(client, release):
    etag = f'"{hashlib.sha256(CONTENT).hexdigest()}"'
    for header in (etag, f'"x", W/{etag}', "*"):
        response = client.get(f"{HERE}/files/{SOUND}", headers={"If-None-Match": header})
        assert (response.status_code, response.content) == (304, b"")


def test_head_says_all_and_sends_nothing(client, release):
    for address in (f"{HERE}/files/{SOUND}", f"{HERE}/SHA256SUMS", f"{HERE}/MANIFEST.json"):
        whole = client.get(address)
        head = client.head(address, headers={"Range": "bytes=0-9"})
        assert (head.status_code, head.content) == (200, b"")
        for field in ("Content-Length", "ETag", "Repr-Digest", "Accept-Ranges"):
            assert head[field] == whole[field]
        body(whole)


def test_the_manifest_and_the_sums_are_those_of_the_release(client, release):
    manifest = body(client.get(f"{HERE}/MANIFEST.json"))
    assert hashlib.sha256(manifest).hexdigest() == release.manifest_sha256
    lines = body(client.get(f"{HERE}/SHA256SUMS")).decode().splitlines()
    everything = {**FILES, "MANIFEST.json": manifest}
    assert lines == [
        f"{hashlib.sha256(everything[n]).hexdigest()}  {n}" for n in sorted(everything)
    ]


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "dev_audio/../../secret.txt",
        "..%2f..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "dev_audio/..\\..\\secret.txt",
        "/etc/passwd",
        "dev_audio",
        "dev_audio/",
        "dev_audio/a.wav/",
        "dev_audio/a.wav%00.txt",
        "dev_audio/A.WAV",
        "unlisted.txt",
        "dev_audio/%",
        "' OR 1=1 --",
    ],
)
def test_no_path_leads_to_what_the_manifest_does_not_list(client, release, tmp_path, path):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "released" / "unlisted.txt").write_text("secret")
    assert client.get(f"{HERE}/files/{path}").status_code == 404


@pytest.mark.parametrize("swap", ["file", "folder", "shorter", "gone"])
def test_a_link_or_another_file_in_its_place_is_not_sent(client, release, tmp_path, swap, caplog):
    root, secret = tmp_path / "released", tmp_path / "elsewhere"
    (secret / "dev_audio").mkdir(parents=True)
    (secret / SOUND).write_bytes(b"s" * len(CONTENT))
    assert client.head(f"{HERE}/files/{SOUND}").status_code == 200
    if swap == "folder":
        (root / "dev_audio").rename(tmp_path / "moved")
        (root / "dev_audio").symlink_to(secret / "dev_audio")
    else:
        (root / SOUND).unlink()
    if swap == "file":
        (root / SOUND).symlink_to(secret / SOUND)
    elif swap == "shorter":
        (root / SOUND).write_bytes(b"short")
    with caplog.at_level(logging.ERROR):
        response = client.get(f"{HERE}/files/{SOUND}")
    assert response.status_code == 500
    assert "damaged" in response.content.decode() and str(tmp_path) not in response.content.decode()
    assert "Release yard 1.0" in caplog.text


def test_a_manifest_that_was_changed_is_not_believed(client, release, tmp_path):
    manifest = tmp_path / "released" / "MANIFEST.json"
    manifest.write_text(manifest.read_text().replace("a.wav", "b.wav"))
    assert client.get(f"{HERE}/MANIFEST.json").status_code == 500


@pytest.fixture
def archive(client, release) -> bytes:
    return body(client.get(f"{HERE}/archives/dev_audio.tar"))


def test_an_archive_holds_its_folder_and_says_its_size(client, release, archive):
    head = client.head(f"{HERE}/archives/dev_audio.tar")
    assert head["Content-Length"] == str(len(archive))
    assert head["Content-Disposition"].endswith("''yard-1.0-dev_audio.tar")
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        members = {m.name: opened.extractfile(m).read() for m in opened.getmembers()}
        assert {(m.mtime, m.uid, m.gid, m.uname) for m in opened.getmembers()} == {(0, 0, 0, "")}
    assert members == {n: c for n, c in FILES.items() if n.startswith("dev_audio/")}


def test_an_archive_of_long_names_can_be_read(client, release):
    content = body(client.get(f"{HERE}/archives/metadata.tar"))
    with tarfile.open(fileobj=io.BytesIO(content)) as opened:
        (member,) = opened.getmembers()
        assert FILES[member.name] == opened.extractfile(member).read()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_range_of_an_archive_is_that_of_the_whole(client, archive, data):
    first = data.draw(st.integers(0, len(archive) - 1))
    last = data.draw(st.integers(first, len(archive) + 10))
    headers = {"Range": f"bytes={first}-{last}"}
    response = client.get(f"{HERE}/archives/dev_audio.tar", headers=headers)
    assert response.status_code == 206
    assert body(response) == archive[first : last + 1]
    assert response["Content-Length"] == str(len(archive[first : last + 1]))


@pytest.mark.parametrize("part", ["README.md", "..", "eval_audio", "dev_audio/a.wav", "", "%00"])
def test_there_is_an_archive_of_top_folders_only(client, release, part):
    assert client.get(f"{HERE}/archives/{part}.tar").status_code == 404


def test_memory_does_not_grow_with_the_file(client, db, tmp_path):
    root = tmp_path / "released"
    (root / "dev_audio").mkdir(parents=True)
    n_bytes = 96 << 20
    with (root / "dev_audio" / "hour.wav").open("wb") as sparse:
        sparse.truncate(n_bytes)
    publish_release(release=make_release(root, {}))
    for address in (f"{HERE}/files/dev_audio/hour.wav", f"{HERE}/archives/dev_audio.tar"):
        response = client.get(address)
        tracemalloc.start()
        sent = sum(len(block) for block in response.streaming_content)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert sent >= n_bytes
        assert peak < 4 << 20


def test_files_can_be_left_to_nginx(client, release, settings, tmp_path):
    settings.DOWNLOADS_BY_NGINX = f"/sent-by-nginx/={tmp_path}"
    response = client.get(f"{HERE}/files/dev_audio/ruido extraño.wav")
    assert (
        response["X-Accel-Redirect"] == "/sent-by-nginx/released/dev_audio/ruido%20extra%C3%B1o.wav"
    )
    assert response.content == b""
    assert response["Repr-Digest"] == digest_of(FILES["dev_audio/ruido extraño.wav"])
    settings.DOWNLOADS_BY_NGINX = "/sent-by-nginx/=/somewhere/else"
    response = client.get(f"{HERE}/files/{SOUND}")
    assert "X-Accel-Redirect" not in response
    assert body(response) == CONTENT
