"""Reads the files of other datasets without trust and without holding them in memory."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

LONGEST_LINE = 1 << 20
"""Characters of a line (inclusive); a file without line ends must not fill the memory."""
LONGEST_ENTRY = 8 << 20
"""Characters of one entry of a JSON object (inclusive)."""
PROBLEMS_NAMED = 20
_BLOCK = 1 << 16
_BLANKS = " \t\r\n"
_OF_NUMBERS = "+-.0123456789Ee"


class SourceError(ValueError):
    """A file that cannot be taken in; one sentence names the file, the line and the fault."""


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 file with their ends.

    Raises
    ------
    SourceError
        The file cannot be read, is no UTF-8, or has a line that is too long or holds a NUL.
    """
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            while line := handle.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise SourceError(
                        f"{path} line {number} has more than {LONGEST_LINE:,} characters; this is "
                        "no table that can be imported."
                    )
                if "\x00" in line:
                    raise SourceError(f"{path} line {number} holds a NUL character; remove it.")
                yield line
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is no UTF-8 text after line {number}: {error}.") from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error


def count_lines(path: Path) -> int:
    """Return about how many lines a file has, for a progress bar."""
    try:
        with path.open("rb") as handle:
            return sum(block.count(b"\n") for block in iter(lambda: handle.read(1 << 20), b""))
    except OSError:
        return 0


@contextmanager
def _csv_errors(path: Path, line: Callable[[], int]) -> Iterator[None]:
    try:
        yield
    except csv.Error as error:
        raise SourceError(f"{path} line {line()} cannot be read as csv: {error}.") from error


def read_rows(
    path: Path, *, comment: str = "", skipinitialspace: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each row that is not blank; comment lines are left out."""
    lines = read_lines(path)
    n_comments = 0

    def rows() -> Iterator[str]:
        nonlocal n_comments
        for line in lines:
            if comment and line.startswith(comment):
                n_comments += 1
            else:
                yield line

    reader = csv.reader(rows(), strict=True, skipinitialspace=skipinitialspace)
    with _csv_errors(path, lambda: reader.line_num + n_comments):
        for cells in reader:
            if cells:
                yield reader.line_num + n_comments, cells


def read_table(path: Path, *, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells by column of a csv file with a header.

    Raises
    ------
    SourceError
        As ``read_lines``; or a column is missing or there twice, or a row has more or fewer cells.
    """
    rows = read_rows(path)
    _, header = next(rows, (1, []))
    header = [name.strip() for name in header]
    if missing := [name for name in required if name not in header]:
        raise SourceError(
            f"{path} line 1 lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; it "
            f"needs {', '.join(required)}."
        )
    if len(set(header)) < len(header):
        raise SourceError(f"{path} line 1 names a column twice; give each one name.")
    for line, cells in rows:
        if len(cells) != len(header):
            raise SourceError(
                f"{path} line {line} has {len(cells)} cells where the header has {len(header)}; "
                "quote cells that hold commas."
            )
        yield line, dict(zip(header, cells, strict=True))


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and object of each line of a JSON Lines file."""
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{path} line {number} is not JSON: {error}.") from error
        if not isinstance(value, dict):
            raise SourceError(f"{path} line {number} is not a JSON object.")
        yield number, value


def read_json_object(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield key and value of each entry of a file that holds one JSON object, an entry at a time.

    Raises
    ------
    SourceError
        As ``read_lines``; or the file is not one JSON object, or an entry is too long.
    """
    return _ObjectReader(path).entries()


class _ObjectReader:
    """Decodes a JSON object from a text that it reads block by block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._blocks = _blocks(path)
        self._text = ""
        self._at = 0
        self._n_lines = 1
        self._decoder = json.JSONDecoder(parse_constant=_no_number)

    def entries(self) -> Iterator[tuple[str, Any]]:
        self._expect("{")
        if self._peek() == "}":
            return
        while True:
            key = self._value()
            if not isinstance(key, str):
                self._refuse("a key is no text")
            self._expect(":")
            yield key, self._value()
            self._drop_read()
            if self._expect(",}") == "}":
                break
        if self._peek():
            self._refuse("something follows the object")

    def _value(self) -> Any:
        """Decode at the place reached; a value is whole once something else follows it."""
        while True:
            self._peek()
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or not self._read_on():
                    self._refuse(str(error))
                continue
            following = self._text[end : end + 1]
            if (following and following not in _OF_NUMBERS) or not self._read_on():
                self._at = end
                return value

    def _peek(self) -> str:
        """Return the next character that is no blank, empty at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _BLANKS:
                    return self._text[self._at]
                self._at += 1
            if not self._read_on():
                return ""

    def _expect(self, signs: str) -> str:
        found = self._peek()
        if not found or found not in signs:
            self._refuse(f"found {found or 'the end'!r} where {' or '.join(signs)} must stand")
        self._at += 1
        return found

    def _read_on(self) -> bool:
        if len(self._text) - self._at > LONGEST_ENTRY:
            self._refuse(f"an entry has more than {LONGEST_ENTRY:,} characters")
        block = next(self._blocks, "")
        self._text += block
        return bool(block)

    def _drop_read(self) -> None:
        if self._at > _BLOCK // 2:
            self._n_lines += self._text.count("\n", 0, self._at)
            self._text, self._at = self._text[self._at :], 0

    def _refuse(self, fault: str) -> NoReturn:
        line = self._n_lines + self._text.count("\n", 0, self._at)
        raise SourceError(f"{self._path} line {line} is not the JSON object expected: {fault}.")


def _blocks(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig") as handle:
            yield from iter(lambda: handle.read(_BLOCK), "")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is no UTF-8 text: {error}.") from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def checked_text(value: object, *, what: str, longest: int | None = None) -> str:
    """Return a text that any database can hold, without blanks around it.

    Raises
    ------
    ValueError
        It is no text, has more than ``longest`` characters, or holds a NUL or half a surrogate.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{what} is no text")
    text = value.strip()
    if longest is not None and len(text) > longest:
        raise ValueError(f"{what} has {len(text):,} characters, more than {longest:,}")
    if "\x00" in text or (not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)):
        raise ValueError(f"{what} holds characters that are no text")
    return text


def list_problems(problems: Sequence[str], n_problems: int) -> str:
    """Return the refusal of a file with faulty lines, of which the first are in ``problems``."""
    shown = "\n".join(f"  {problem}" for problem in problems)
    rest = n_problems - len(problems)
    more = f"\n  and {rest} more" if rest > 0 else ""
    count = f"{n_problems} faulty line{'s' * (n_problems > 1)}"
    return f"Nothing was imported because of {count}:\n{shown}{more}"
