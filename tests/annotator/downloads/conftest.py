"""A site in a process of its own, as operators run it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.datasets_app.releases.storage.made_releases import database_url

GUNICORN = (sys.executable, "-m", "gunicorn", "annotator.wsgi", "--threads", "4")
ROOT = Path(__file__).resolve().parents[3]


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def wait_until_healthy(address: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the site ended by itself"
        try:
            with urllib.request.urlopen(f"{address}/health/", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("the site did not answer within a minute")


@pytest.fixture
def running_site(transactional_db, tmp_path: Path) -> Iterator[str]:
    """The address of a gunicorn over this test's database and var folder."""
    port = free_port()
    environment = {"DATABASE_URL": database_url(), "HARKEN_VAR_DIR": str(tmp_path)}
    with (tmp_path / "site.log").open("wb") as log:
        process = subprocess.Popen(
            [*GUNICORN, "--bind", f"127.0.0.1:{port}"],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "annotator.settings.dev", **environment},
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
