"""Commands that are killed and run again, as an operator would, until they have done their work."""

import random
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.plan import COMMAND_LIVES_S

ROOT = Path(__file__).resolve().parents[2]
MOST_RUNS = 60
DONE_BEFORE = "releases are never written over"
"""Said of a release that was complete when its builder was killed."""


class CommandFailed(RuntimeError):
    """A command did not do what it should; the message has its last words."""


def run_command(environment: Mapping[str, str], *arguments: str) -> str:
    """Run a command of ``manage.py`` to its end and return what it said.

    Raises
    ------
    CommandFailed
        It ended with another status than 0.
    """
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandFailed(f"{arguments[0]}: {(done.stderr or done.stdout)[-600:]}")
    return done.stdout


@dataclass(slots=True)
class Stubborn:
    """A command, how often it was killed or failed, and what it said in the end."""

    arguments: Sequence[str]
    n_killed: int = 0
    n_failed: int = 0
    said: str = ""
    error: str = ""


class StubbornCommand(threading.Thread):
    """Runs a command, kills it with -9 ``n_kills`` times, and then lets it end well."""

    def __init__(
        self,
        environment: Mapping[str, str],
        arguments: Sequence[str],
        *,
        n_kills: int,
        seed: int,
        stop: threading.Event,
    ) -> None:
        """Make ready."""
        super().__init__(name=arguments[0])
        self.found = Stubborn(arguments)
        self._environment, self._n_kills, self._stop_now = dict(environment), n_kills, stop
        self._rng = random.Random(seed)

    def run(self) -> None:
        """Run it until it ends with status 0 after it was killed often enough."""
        for _ in range(MOST_RUNS):
            if self._stop_now.is_set():
                return
            is_to_die = self.found.n_killed < self._n_kills
            status, said = self._run_once(
                self._rng.uniform(*COMMAND_LIVES_S) if is_to_die else None
            )
            if status == 0 or DONE_BEFORE in said:
                self.found.said, self.found.error = said, ""
                return
            self.found.error = said[-600:]
        self.found.error = f"not done after {MOST_RUNS} runs: {self.found.error}"

    def _run_once(self, lives_s: float | None) -> tuple[int, str]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *self.found.arguments],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            said, _ = process.communicate(timeout=lives_s)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            self.found.n_killed += 1
            return -9, said
        self.found.n_failed += process.returncode != 0
        return process.returncode, said
