"""Real curl, real gunicorn: a download that broke off goes on where it stopped."""

import hashlib
import random
import subprocess
import time
from pathlib import Path

import pytest

from datasets_app.releases.publishing import publish_release
from tests.datasets_app.releases.storage.made_releases import FILES, make_release

pytestmark = pytest.mark.django_db(transaction=True)
BIG = "dev_audio/big.wav"


def curl(*arguments: str) -> str:
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def break_off(target: Path, address: str) -> int:
    """Begin a download slowly, kill it in the middle, and return how much had come."""
    process = subprocess.Popen(
        ["curl", "--silent", "--limit-rate", "4M", "--output", str(target), address]
    )
    deadline = time.monotonic() + 30
    while not (target.exists() and target.stat().st_size > 1 << 20):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    return target.stat().st_size


def resume(target: Path, address: str) -> tuple[str, int]:
    """Go on with ``curl -C -``; return the status and how many bytes came now."""
    told = curl("-C", "-", "--output", str(target), "-w", "%{http_code} %{size_download}", address)
    status, n_bytes = told.split()
    return status, int(n_bytes)


def test_a_file_and_an_archive_resume_and_a_copy_checks_itself(running_site, tmp_path):
    big = random.Random(4).randbytes(12 << 20)
    release = make_release(tmp_path / "released", {**FILES, BIG: big})
    publish_release(release=release)
    here = f"{running_site}/collections/yard/releases/1.0"
    copy = tmp_path / "copy"
    (copy / "dev_audio").mkdir(parents=True)

    had = break_off(copy / BIG, f"{here}/files/{BIG}")
    assert resume(copy / BIG, f"{here}/files/{BIG}") == ("206", len(big) - had)
    assert hashlib.sha256((copy / BIG).read_bytes()).digest() == hashlib.sha256(big).digest()

    archive = tmp_path / "dev_audio.tar"
    had = break_off(archive, f"{here}/archives/dev_audio.tar")
    status, n_bytes = resume(archive, f"{here}/archives/dev_audio.tar")
    assert (status, had + n_bytes) == ("206", archive.stat().st_size)
    (copy / BIG).unlink()
    subprocess.run(["tar", "-xf", archive, "-C", copy], check=True)
    curl("--output", str(tmp_path / "metadata.tar"), f"{here}/archives/metadata.tar")
    subprocess.run(["tar", "-xf", tmp_path / "metadata.tar", "-C", copy], check=True)
    for name in ("README.md", "MANIFEST.json"):
        curl("--output", str(copy / name), f"{here}/files/{name}")
    curl("--output", str(copy / "SHA256SUMS"), f"{here}/SHA256SUMS")

    checked = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.count(": OK") == len(FILES) + 2
