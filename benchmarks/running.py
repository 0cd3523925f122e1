"""Runs stages one after the other, each in its own process, and says how long is left."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.plan import STAGES
from benchmarks.report import HEADER, comparison_text, row_text
from benchmarks.scale import FULL_CLIPS, Workspace

ROOT = Path(__file__).resolve().parents[1]
_LINE_EVERY_S = 30.0


class BenchmarkFailed(RuntimeError):
    """A stage did not come to its end."""


def run_stages(
    workspace: Workspace, names: Sequence[str], database_url: str
) -> dict[str, dict[str, Any]]:
    """Run the stages in order, print a line for each, and return what they measured.

    Raises
    ------
    BenchmarkFailed
        A stage's process failed; its own words were printed before.
    """
    workspace.write()
    environment = _environment(workspace, database_url)
    clock = _Clock(names, workspace.scale.n_clips)
    _run_step("setting_up.migrate", workspace, environment, clock)
    print(HEADER, flush=True)
    outcomes = {}
    for name in names:
        clock.begin(name)
        stage = STAGES[name]
        if stage.prepare:
            _run_step(stage.prepare, workspace, environment, clock)
        _run_step(stage.run, workspace, environment, clock)
        path = workspace.path("outcome.json")
        outcomes[name] = json.loads(path.read_text(encoding="utf-8"))
        path.unlink()
        clock.clear_line()
        print(row_text(name, outcomes[name]), flush=True)
        for found in outcomes[name]["comparisons"]:
            print(comparison_text(found), flush=True)
    return outcomes


class _Clock:
    """Foresees the end from what the stages took in an earlier full run."""

    def __init__(self, names: Sequence[str], n_clips: int) -> None:
        share = n_clips / FULL_CLIPS
        self._expected = {name: STAGES[name].expected_s * share + 2.0 for name in names}
        self._began_s = time.monotonic()
        self._stage, self._stage_began_s, self._said_s = "set-up", self._began_s, self._began_s
        self._past: list[str] = []

    def begin(self, stage: str) -> None:
        """Note that the next stage begins."""
        if self._stage in self._expected:
            self._past.append(self._stage)
        self._stage, self._stage_began_s = stage, time.monotonic()

    def tick(self) -> None:
        """Show the stage and the time left: in place on a terminal, else now and then."""
        now_s = time.monotonic()
        text = f"{self._stage}: {now_s - self._stage_began_s:.0f} s; {self._left(now_s)}"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{text:<78}")
            sys.stderr.flush()
        elif now_s - self._said_s >= _LINE_EVERY_S:
            self._said_s = now_s
            print(f"  … {text}", file=sys.stderr, flush=True)

    def clear_line(self) -> None:
        """Take the line in place away."""
        if sys.stderr.isatty():
            sys.stderr.write("\r" + " " * 78 + "\r")

    def _left(self, now_s: float) -> str:
        past_s = sum(self._expected[name] for name in self._past)
        spent_s = self._stage_began_s - self._began_s
        pace = spent_s / past_s if past_s > 30 else 1.0
        open_s = sum(self._expected.values()) - past_s
        left_s = max(5.0, pace * open_s - (now_s - self._stage_began_s))
        return f"about {left_s / 60:.0f} min left" if left_s >= 90 else f"about {left_s:.0f} s left"


def _environment(workspace: Workspace, database_url: str) -> Mapping[str, str]:
    var_dir = workspace.path("var")
    var_dir.mkdir()
    return os.environ | {
        "HARKEN_VAR_DIR": str(var_dir),
        "HARKEN_ENV_FILE": os.devnull,
        "DATABASE_URL": database_url,
        "CELERY_BROKER_URL": "filesystem://",
        "LOG_LEVEL": "WARNING",
    }


def _run_step(
    function: str, workspace: Workspace, environment: Mapping[str, str], clock: _Clock
) -> None:
    command = [sys.executable, "-m", "benchmarks.stage_process", function, str(workspace.folder)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        while process.poll() is None:
            clock.tick()
            with suppress(subprocess.TimeoutExpired):
                process.wait(1.0)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    if process.returncode:
        raise BenchmarkFailed(f"{function} ended with status {process.returncode}; see above.")
