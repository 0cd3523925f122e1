"""A database as release 0.1.0 left it becomes today's, with every record as it was."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings

PROCESS = Path(__file__).with_name("upgrade_process.py")
ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 300


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory) -> Iterator[str]:
    """The address of an empty database on the server of this run."""
    if not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        yield f"sqlite:///{tmp_path_factory.mktemp('old') / 'old.sqlite3'}"
        return
    address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"harken_upgrade_{os.getpid()}"
    server = psycopg2.connect(f"{address}/postgres".replace("postgres://", "postgresql://"))
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
        yield f"{address}/{name}"
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


@pytest.fixture(scope="module")
def upgraded(empty_database: str, tmp_path_factory) -> dict[str, Any]:
    """What a process saw that made the old database and brought it to the newest."""
    environment = {
        "DATABASE_URL": empty_database,
        "HARKEN_VAR_DIR": str(tmp_path_factory.mktemp("var")),
        "DJANGO_SETTINGS_MODULE": "annotator.settings.test",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, str(PROCESS)],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_every_record_of_the_old_release_is_as_it_was(upgraded):
    assert all(upgraded["old"].values()), "the old database lacks some kind of record"
    for model, rows in upgraded["old"].items():
        known = [set(row) - set(upgraded["gone"][model]) for row in rows]
        old = [{k: row[k] for k in keys} for row, keys in zip(rows, known, strict=True)]
        assert upgraded["new"][model] == old, model


def test_no_column_of_the_old_release_is_gone(upgraded):
    """Expand and contract: a column goes only a release after the last that wrote it."""
    assert {model: gone for model, gone in upgraded["gone"].items() if gone} == {}


def test_the_queue_and_its_counts_are_made_from_the_old_records(upgraded):
    """Two are decided, one asks for answers, and the fourth has no recording."""
    assert upgraded["n_open"] == 1
    assert upgraded["work"] == [[4, 1, 2]]


def test_the_pages_show_the_old_records(upgraded):
    assert set(upgraded["pages"].values()) == {200}, upgraded["pages"]
