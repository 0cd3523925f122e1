"""Fixtures every test may use, and what is asked of the machine."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery
from django.db import connection
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from annotator.catalogues import compile_what_is_old
from annotator.celery import app as site_app
from datasets_app.audit.guard import TRIGGERS
from datasets_app.jobs import dispatch
from ml_worker.contract import Queue, broker_settings

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure(config) -> None:
    """Let every test read the translations as they are written now; time no example of a rule."""
    compile_what_is_old()
    hypothesis_settings.register_profile("harken", deadline=None)
    hypothesis_settings.load_profile("harken")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data; ``HARKEN_SHARED_DATA`` names another place for it."""
    folder = Path(os.environ.get("HARKEN_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; HARKEN_SHARED_DATA names its folder")
    return folder


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    """Let tests with transactions of their own empty SQLite's tables, which they do by DELETE."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"DROP TRIGGER {TRIGGERS[1]}")


@pytest.fixture(autouse=True)
def own_var_dir(settings, tmp_path: Path) -> Path:
    """Give every test its own media and jobs folders."""
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.JOBS_DIR = tmp_path / "jobs"
    return tmp_path


@pytest.fixture(autouse=True)
def no_language_left_behind() -> Iterator[None]:
    """A request sets its thread's language, and the next request its own; a test may ask none."""
    yield
    translation.deactivate()


@dataclass(frozen=True, slots=True)
class RunningWorker:
    """A worker in a process of its own, and the Celery settings of a site that meets it."""

    process: subprocess.Popen[bytes]
    celery: dict[str, Any]


@pytest.fixture(scope="session")
def start_worker(tmp_path_factory) -> Iterator[Callable[[str, Queue], RunningWorker]]:
    """Start workers on demand, one per broker and queue, and stop them after the last test."""
    running: dict[tuple[str, Queue], RunningWorker] = {}

    def start(broker: str, queue: Queue) -> RunningWorker:
        if (broker, queue) not in running:
            running[broker, queue] = _start_worker(broker, queue, tmp_path_factory.mktemp("worker"))
        return running[broker, queue]

    yield start
    for worker in running.values():
        worker.process.terminate()
    for worker in running.values():
        _see_off(worker.process)


def _see_off(process: subprocess.Popen[bytes]) -> None:
    """Wait for a worker that was asked to stop; that it does is what test_celery_app tests."""
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start_worker(broker: str, queue: Queue, var_dir: Path) -> RunningWorker:
    if broker.startswith("redis"):
        try:
            redis.Redis.from_url(broker).delete(queue.value)
        except redis.ConnectionError:
            pytest.skip(f"no Redis answers at {broker}")
    environment = {"CELERY_BROKER_URL": broker, "HARKEN_VAR_DIR": str(var_dir)}
    with (var_dir / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ml_worker", "worker", "--queue", queue.value],
            env={**os.environ, **environment},
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    return RunningWorker(process, broker_settings(broker, var_dir))


@pytest.fixture
def site_on_broker(monkeypatch) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Let the site send its jobs by other Celery settings than those of this machine."""

    def use(celery: dict[str, Any]) -> None:
        # Celery itself prefers this variable, where it is set, to an app's own settings.
        monkeypatch.setenv("CELERY_BROKER_URL", celery["broker_url"])
        app = Celery("site-under-test", fixups=[])
        app.conf.update(celery, task_ignore_result=True)
        app.set_default()
        app.set_current()

    monkeypatch.setattr(dispatch, "POLL_S", 0.05)
    yield use
    site_app.set_default()
    site_app.set_current()


@pytest.fixture
def curation_worker(request, start_worker, site_on_broker) -> RunningWorker:
    """A curation worker that takes what the site sends; its parameter is the broker's address."""
    worker = start_worker(getattr(request, "param", "filesystem://"), Queue.CURATION)
    site_on_broker(worker.celery)
    return worker


def pytest_terminal_summary(terminalreporter, exitstatus, config) -> None:
    """Say where real data were found, and count skips as failures where none is allowed."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("NO_SKIPS"):
        terminalreporter.write_line(
            f"{len(skipped)} tests were skipped and NO_SKIPS is set: the run has failed."
        )


def pytest_sessionfinish(session, exitstatus) -> None:
    """Fail the run when a test was skipped although none may be."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
