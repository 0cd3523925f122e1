"""Reads a release's clips in one pass over its first files, without trust and without a database.

These files are in the order of fname, so a pass holds one clip of each. What is wrong with a single
clip is told and the pass goes on; what makes a file unreadable ends it.
"""

import heapq
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets_app.domain.labels.label_states import LabelOrigin, TrainingState
from datasets_app.releases.layout import (
    DEV_PARTS,
    LABEL_COLUMNS,
    LABELS,
    LICENSE_COLUMNS,
    LICENSES,
    SIDES,
    TRUTH_COLUMNS,
    VOCABULARY,
    clips_info_file,
    side_of,
    truth_file,
)
from datasets_app.releases.reading import ReleaseFileError, read_rows

State = tuple[TrainingState, LabelOrigin]
OnProblem = Callable[[str, str], None]
"""Told (kind, sentence)."""
_STATES = {(state.value, by.value): (state, by) for state in TrainingState for by in LabelOrigin}
_BLOCK = 1 << 16
_DECODER = json.JSONDecoder()
_BLANKS = re.compile(r"\s*")
LONGEST_ENTRY = 1 << 26
"""Characters of one entry of a JSON object; a longer one is refused rather than read."""


@dataclass(slots=True)
class PublishedClip:
    """What a release says of one clip.

    ``labels`` and ``mids`` are its positives, from the specific to the general; ``states`` the rows
    of labels.csv by mid; ``info`` what the metadata say, empty where they say nothing.
    """

    fname: str
    part: str
    labels: tuple[str, ...]
    mids: tuple[str, ...]
    states: Mapping[str, State]
    info: Mapping[str, Any]

    @property
    def side(self) -> str:
        """Return dev or eval."""
        return side_of(self.part)

    def in_state(self, state: TrainingState) -> list[str]:
        """Return the mids that labels.csv lists in a state, in its order."""
        return [mid for mid, (found, _) in self.states.items() if found is state]


def published_clips(
    folder: Path,
    vocabulary: Mapping[str, str],
    on_problem: OnProblem = lambda kind, sentence: None,
) -> Iterator[PublishedClip]:
    """Yield the clips of a release in the order of fname.

    Parameters
    ----------
    vocabulary
        The released name of each mid.
    on_problem
        Told where the files contradict each other, and of which kind that is.

    Raises
    ------
    ReleaseFileError
        A file is missing, malformed, out of order, or names what the others do not know.
    """
    states = _LabelRows(folder, vocabulary)
    infos = {side: _Infos(folder, side, on_problem) for side in SIDES}
    licenses = _Licenses(folder, on_problem)
    sides = [_side_rows(folder, side, vocabulary) for side in SIDES]
    last = None
    for fname, part, labels, mids, where in heapq.merge(*sides):
        if last is not None and fname <= last:
            raise ReleaseFileError(
                f"{where} lists clip {fname} a second time or out of order (after {last})."
            )
        last = fname
        info = infos[side_of(part)].of(fname)
        licenses.compare(fname, info)
        yield PublishedClip(fname, part, labels, mids, states.of(fname), info)
    states.end()
    for left in infos.values():
        left.end()
    licenses.end()


def _side_rows(
    folder: Path, side: str, vocabulary: Mapping[str, str]
) -> Iterator[tuple[str, str, tuple[str, ...], tuple[str, ...], str]]:
    last = ""
    for where, row in read_rows(folder, truth_file(side), TRUTH_COLUMNS[side]):
        fname, part = row["fname"], row.get("split", "eval")
        if side == "dev" and part not in DEV_PARTS:
            raise ReleaseFileError(f"{where}: split is {part!r}; allowed are train and val.")
        if fname <= last:
            raise ReleaseFileError(
                f"{where} lists clip {fname} a second time or out of order (after {last})."
            )
        last = fname
        yield fname, part, *_positives(where, row, vocabulary), where


def _positives(
    where: str, row: Mapping[str, str], vocabulary: Mapping[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    mids = tuple(row["mids"].split(",")) if row["mids"] else ()
    labels = tuple(row["labels"].split(",")) if row["labels"] else ()
    if unknown := [mid for mid in mids if mid not in vocabulary]:
        raise ReleaseFileError(f"{where}: {unknown[0]!r} is not in {VOCABULARY}.")
    if len(set(mids)) != len(mids) or labels != tuple(vocabulary[mid] for mid in mids):
        raise ReleaseFileError(f"{where}: labels and mids do not name the same classes once each.")
    return labels, mids


class _LabelRows:
    """Rows of labels.csv, handed out clip by clip."""

    def __init__(self, folder: Path, vocabulary: Mapping[str, str]) -> None:
        self._rows = read_rows(folder, LABELS, LABEL_COLUMNS)
        self._vocabulary = vocabulary
        self._next = next(self._rows, None)

    def of(self, fname: str) -> dict[str, State]:
        """Return what is said of a clip; clips are asked for in their order."""
        if self._next is not None and self._next[1]["fname"] < fname:
            self.end()
        found: dict[str, State] = {}
        while self._next is not None and self._next[1]["fname"] == fname:
            where, row = self._next
            mid = row["mid"]
            if mid not in self._vocabulary:
                raise ReleaseFileError(f"{where}: {mid!r} is not in {VOCABULARY}.")
            if mid in found:
                raise ReleaseFileError(f"{where} lists clip {fname} and {mid} a second time.")
            found[mid] = _state(where, row)
            self._next = next(self._rows, None)
        return found

    def end(self) -> None:
        """Refuse rows of a clip that is not there."""
        if self._next is not None:
            where, row = self._next
            raise ReleaseFileError(
                f"{where}: clip {row['fname']!r} is in neither dev.csv nor eval.csv, or is out of "
                "order."
            )


def _state(where: str, row: Mapping[str, str]) -> State:
    found = _STATES.get((row["state"], row["origin"]))
    if found is not None:
        return found
    try:
        return TrainingState(row["state"]), LabelOrigin(row["origin"])
    except ValueError as error:
        raise ReleaseFileError(f"{where}: {error}.") from error


class _Infos:
    """Entries of a side's clips_info, handed out clip by clip."""

    def __init__(self, folder: Path, side: str, on_problem: OnProblem) -> None:
        self._name, self._truth = clips_info_file(side), truth_file(side)
        self._entries = object_entries(folder, self._name)
        self._on_problem = on_problem
        self._next = next(self._entries, None)

    def of(self, fname: str) -> Mapping[str, Any]:
        """Return a clip's entry; clips are asked for in their order."""
        while self._next is not None and self._next[0] < fname:
            self._say_it_is_too_many(self._next[0])
            self._next = next(self._entries, None)
        if self._next is None or self._next[0] != fname:
            self._on_problem("infos", f"{self._name} lacks clip {fname} of {self._truth}.")
            return {}
        info = self._next[1]
        if not isinstance(info, dict):
            raise ReleaseFileError(
                f"{self._name} must hold an object with an object for each clip."
            )
        _check_types(info, f"{self._name}, clip {fname}")
        self._next = next(self._entries, None)
        return info

    def end(self) -> None:
        """Tell of entries that no clip has."""
        while self._next is not None:
            self._say_it_is_too_many(self._next[0])
            self._next = next(self._entries, None)

    def _say_it_is_too_many(self, fname: str) -> None:
        self._on_problem("infos", f"{self._name} has clip {fname}, which {self._truth} lacks.")


def _check_types(info: Mapping[str, Any], where: str) -> None:
    """Refuse what the formats could not write; an entry may lack any of these."""
    for names, allowed, what in _INFO_TYPES:
        for name in names:
            value = info.get(name)
            if value is not None and type(value) not in allowed:
                raise ReleaseFileError(f"{where}: {name} is {str(value)[:40]!r}, not {what}.")
    if not all(isinstance(tag, str) for tag in info.get("tags") or ()):
        raise ReleaseFileError(f"{where}: a tag is no text.")


_INFO_TYPES: tuple[tuple[tuple[str, ...], tuple[type, ...], str], ...] = (
    (("duration_s", "loudness_lufs"), (float, int), "a number"),
    (("sample_rate_hz", "n_channels", "n_certified", "n_bytes"), (int,), "a whole number"),
    (("tags",), (list,), "a list"),
    (
        ("file", "sha256", "md5", "title", "description", "license", "uploader", "source_url"),
        (str,),
        "a text",
    ),
)


class _Licenses:
    """Rows of LICENSES.csv beside the clips they are of."""

    def __init__(self, folder: Path, on_problem: OnProblem) -> None:
        self._rows = read_rows(folder, LICENSES, LICENSE_COLUMNS)
        self._on_problem = on_problem
        self._next = self._read()

    def compare(self, fname: str, info: Mapping[str, Any]) -> None:
        """Tell if a clip's row is missing or says otherwise; clips come in their order."""
        while self._next is not None and self._next["fname"] < fname:
            self._say_they_differ(self._next["fname"])
            self._next = self._read()
        row = self._next
        if row is None or row["fname"] != fname:
            self._say_they_differ(fname)
            return
        if (row["license"], row["uploader"]) != (info.get("license"), info.get("uploader")):
            self._say_they_differ(fname)
        self._next = self._read()

    def end(self) -> None:
        """Tell of rows that no clip has."""
        while self._next is not None:
            self._say_they_differ(self._next["fname"])
            self._next = self._read()

    def _read(self) -> dict[str, str] | None:
        return next((row for _, row in self._rows), None)

    def _say_they_differ(self, fname: str) -> None:
        self._on_problem(
            "licenses",
            f"Clip {fname}: {LICENSES} and its metadata differ in licence or uploader.",
        )


def object_entries(folder: Path, name: str) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a JSON object one by one, however large the file is.

    Raises
    ------
    ReleaseFileError
        It is missing or no JSON object, or an entry is longer than ``LONGEST_ENTRY``.
    """
    try:
        with (folder / name).open(encoding="utf-8") as handle:
            yield from _entries(handle.read)
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ReleaseFileError(f"{name} cannot be read as JSON: {reason}.") from error


def _entries(read: Callable[[int], str]) -> Iterator[tuple[str, Any]]:
    text = read(_BLOCK).lstrip()
    if not text.startswith("{"):
        raise ValueError("it is no object")
    text, separator = text[1:], ""
    while True:
        text, is_end = _skip(text, separator, read)
        if is_end:
            return
        while (found := _whole_entry(text)) is None:
            more = read(max(_BLOCK, len(text))) if len(text) <= LONGEST_ENTRY else ""
            if not more:
                raise ValueError("an entry is malformed, or the file ends in the middle")
            text += more
        key, value, end = found
        yield key, value
        text, separator = text[end:], ","


def _whole_entry(text: str) -> tuple[str, Any, int] | None:
    """Return key, value and end of the entry that a text begins with; None if it goes on.

    A number may go on where the text ends, so an entry is whole only when a comma or the object's
    end follows.
    """
    try:
        key, at = _DECODER.raw_decode(text)
        value, end = _DECODER.raw_decode(text, _after_colon(text, at))
    except json.JSONDecodeError:
        return None
    if not isinstance(key, str):
        raise ValueError("a key is no text")
    after = _BLANKS.match(text, end)
    end = after.end() if after else end
    return (key, value, end) if text[end : end + 1] in (",", "}") and end < len(text) else None


def _skip(text: str, separator: str, read: Callable[[int], str]) -> tuple[str, bool]:
    """Skip to the next key; return what follows and whether the object has ended instead."""
    while not (text := text.lstrip()):
        if not (text := read(_BLOCK)):
            raise ValueError("it ends in the middle")
    if text.startswith("}"):
        if (text[1:] + read(_BLOCK)).strip():
            raise ValueError("something follows the object")
        return "", True
    if not text.startswith(separator):
        raise ValueError("a comma is missing")
    text = text[len(separator) :]
    while not (text := text.lstrip()):
        if not (text := read(_BLOCK)):
            raise ValueError("it ends in the middle")
    return text, False


def _after_colon(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    if at == len(text):
        raise json.JSONDecodeError("the entry goes on", text, at)
    if text[at] != ":":
        raise ValueError("a colon is missing")
    at += 1
    while at < len(text) and text[at].isspace():
        at += 1
    return at
