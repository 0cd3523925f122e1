"""Fixtures every test may use, and what is asked of the machine."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data; ``HARKEN_SHARED_DATA`` names another place for it."""
    folder = Path(os.environ.get("HARKEN_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; HARKEN_SHARED_DATA names its folder")
    return folder


@pytest.fixture(autouse=True)
def own_var_dir(settings, tmp_path: Path) -> Path:
    """Give every test its own media and jobs folders."""
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.JOBS_DIR = tmp_path / "jobs"
    return tmp_path


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
