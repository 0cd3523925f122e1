"""An installation with a release, and empty ones to restore into."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.db import connection

from datasets_app.clips.media import clip_folder
from datasets_app.releases.services import build_release
from tests.datasets_app.operations.installations import Installation
from tests.datasets_app.releases import small_collection
from tests.datasets_app.releases.storage.made_releases import database_url


@pytest.fixture
def installation(transactional_db, own_var_dir: Path) -> Installation:
    """The test's own database, with a small collection, a job's file and a release elsewhere."""
    collection = small_collection.make_collection()
    shutil.rmtree(clip_folder("0" * 64))  # where the recordings were drafted
    elsewhere = own_var_dir / "elsewhere"
    elsewhere.mkdir()
    build_release(collection=collection, version="1.0", out=elsewhere / "release")
    job = own_var_dir / "jobs" / "a-job"
    job.mkdir(parents=True)
    (job / "job.json").write_text("{}")
    return Installation(database_url(), own_var_dir)


@pytest.fixture
def empty_installation(transactional_db, tmp_path: Path) -> Iterator[Callable[[], Installation]]:
    """Make empty databases of the kind that the tests run on, and drop them in the end."""
    made: list[str] = []

    def make() -> Installation:
        name = f"restored_{uuid.uuid4().hex[:12]}"
        var = tmp_path / name
        var.mkdir()
        if connection.vendor == "sqlite":
            return Installation(f"sqlite:///{var / 'other.sqlite3'}", var)
        _on_server(f"CREATE DATABASE {name}")
        made.append(name)
        return Installation(f"{database_url().rpartition('/')[0]}/{name}", var)

    yield make
    for name in made:
        _on_server(f"DROP DATABASE {name} WITH (FORCE)")


def _on_server(statement: str) -> None:
    with closing(psycopg2.connect(database_url())) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(statement)
