"""Where a format's files go: into a release, or against the files that a release has.

Every format is a function of the release's first files. So checking a release writes its formats
once more, into nothing, and compares.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from datasets_app.releases.reading import ReleaseFileError


class TextSink(Protocol):
    """Takes a text file piece by piece."""

    def write(self, text: str, /) -> object:
        """Take the next piece."""


class Target(Protocol):
    """Opens the files of formats; ``folder`` is the release."""

    folder: Path
    is_checking: bool

    def text(self, name: str) -> TextSink:
        """Open a text file by its path in the release."""

    def say(self, sentence: str) -> None:
        """Tell what is wrong with a file of a format."""


class WritingTarget:
    """Writes the files; a context manager that closes them."""

    is_checking = False

    def __init__(self, folder: Path) -> None:
        """Write below ``folder``."""
        self.folder = folder
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def text(self, name: str) -> TextSink:
        """Make a text file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return self._stack.enter_context(path.open("x", encoding="utf-8", newline="\n"))

    def say(self, sentence: str) -> None:
        """Refuse: what is being written cannot be wrong yet."""
        raise ReleaseFileError(sentence)


class ComparingTarget:
    """Compares what would be written with what is there; a context manager that closes the files.

    ``on_problem`` is told once of each file that differs, with the first line that does.
    """

    is_checking = True

    def __init__(self, folder: Path, on_problem: Callable[[str], None]) -> None:
        """Read below ``folder``."""
        self.folder = folder
        self.say = on_problem
        self._stack = ExitStack()
        self._sinks: list[_ComparingSink] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            for sink in self._sinks:
                sink.end()
        self._stack.close()

    def text(self, name: str) -> TextSink:
        """Open a file to compare with."""
        try:
            handle = self._stack.enter_context((self.folder / name).open("rb"))
        except OSError as error:
            raise ReleaseFileError(f"{name} cannot be read: {error.strerror}.") from error
        sink = _ComparingSink(name, handle.read, self.say)
        self._sinks.append(sink)
        return sink


class _ComparingSink:
    """Compares a file with what it should be, piece by piece, until the first difference."""

    def __init__(
        self, name: str, read: Callable[[int], bytes], on_problem: Callable[[str], None]
    ) -> None:
        self._name, self._read, self._on_problem = name, read, on_problem
        self._n_lines = 0
        self._differs = False

    def write(self, text: str) -> None:
        """Compare the next piece."""
        if self._differs:
            return
        wanted = text.encode("utf-8", "surrogatepass")
        found = self._read(len(wanted))
        if found != wanted:
            at = next(
                (i for i, (a, b) in enumerate(zip(found, wanted, strict=False)) if a != b),
                min(len(found), len(wanted)),
            )
            self._say(self._n_lines + wanted[:at].count(b"\n") + 1)
        self._n_lines += wanted.count(b"\n")

    def end(self) -> None:
        """Compare that nothing follows."""
        if not self._differs and self._read(1):
            self._say(self._n_lines + 1)

    def _say(self, line: int) -> None:
        self._differs = True
        self._on_problem(
            f"{self._name} line {line} is not what the release's labels and metadata give."
        )
