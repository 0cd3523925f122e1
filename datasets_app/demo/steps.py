"""Shows the demo's steps: what is being done, how far it is, how long is left."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tqdm import tqdm

from ml_worker.contract import JobProgress


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``usual_s`` is what it takes on two cores, to foretell the rest."""

    title: str
    usual_s: float
    do: Callable[[], str]


@dataclass
class StepDisplay:
    """Runs steps and tells of them line by line, with a bar on a terminal."""

    say: Callable[[str], None]
    _bar: "tqdm[None] | None" = field(default=None, init=False)

    def run(self, steps: Sequence[Step]) -> None:
        """Do every step; the time left follows from how this machine did so far."""
        started = time.monotonic()
        usual_done = 0.0
        for number, step in enumerate(steps, start=1):
            usual_left = sum(s.usual_s for s in steps[number - 1 :])
            left = _in_words(usual_left * _pace(time.monotonic() - started, usual_done))
            self.say(f"[{number}/{len(steps)}] {step.title} … (about {left} left)")
            step_started = time.monotonic()
            self._bar = tqdm(file=sys.stderr, leave=False, disable=None, mininterval=0.5)
            try:
                outcome = step.do()
            finally:
                self._bar.close()
            self.say(f"        {outcome} ({time.monotonic() - step_started:.1f} s)")
            usual_done += step.usual_s

    def show(self, done: int, total: int) -> None:
        """Move the bar of the present step."""
        if self._bar is not None:
            self._bar.total = total
            self._bar.update(done - self._bar.n)

    def show_job(self, progress: JobProgress | None) -> None:
        """Move the bar to a job's progress."""
        if progress is not None and self._bar is not None:
            self._bar.set_postfix_str(progress.message, refresh=False)
            self.show(progress.done, progress.total)

    def note(self, sentence: str) -> None:
        """Say something between the steps' own lines."""
        self.say(f"        {sentence}")


def _pace(elapsed_s: float, usual_s: float) -> float:
    """Return this machine's time per usual second; steps kept from before do not make it fast."""
    return min(max(elapsed_s / usual_s, 1.0), 5.0) if usual_s else 1.0


def _in_words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
