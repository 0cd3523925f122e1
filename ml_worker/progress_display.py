"""Show a job's progress on the command line: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import TextIO

from tqdm import tqdm

from ml_worker.contract import JobProgress


class ProgressDisplay:
    """Draws what ``run_job`` tells it about once a second."""

    def __init__(self, stream: TextIO) -> None:
        """Show on ``stream``."""
        self._stream = stream
        self._bar: tqdm | None = None
        self._last = ("", -1)

    def __enter__(self) -> ProgressDisplay:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the terminal in order."""
        self._close_bar()

    def show(self, progress: JobProgress) -> None:
        """Draw ``progress`` if a stage has begun and anything changed since the last call."""
        if not progress.total or (progress.stage, progress.done) == self._last:
            return
        if self._stream.isatty():
            self._draw(progress)
        else:
            print(describe(progress), file=self._stream, flush=True)
        self._last = (progress.stage, progress.done)

    def _draw(self, progress: JobProgress) -> None:
        if self._bar is None or progress.stage != self._last[0]:
            self._close_bar()
            self._bar = tqdm(
                desc=progress.stage, total=progress.total, unit=progress.unit, file=self._stream
            )
        self._bar.set_postfix_str(progress.message, refresh=False)
        self._bar.update(progress.done - self._bar.n)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def describe(progress: JobProgress) -> str:
    """Return one line for a log.

    >>> describe(JobProgress("training", 3, 10, "epochs", eta_s=12.0))
    'training: 3 of 10 epochs, about 12 s left'
    """
    left = f", about {progress.eta_s:.0f} s left" if progress.eta_s else ""
    message = f" ({progress.message})" if progress.message else ""
    return f"{progress.stage}: {progress.done} of {progress.total} {progress.unit}{left}{message}"
