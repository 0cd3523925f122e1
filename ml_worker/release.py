"""Read a release: its classes, its clips and what is known of each (clip, class).

Layout (FSD50K's, plus the three-state table)::

    ground_truth/vocabulary.csv           index,name,mid without a header
    ground_truth/dev.csv                  fname,labels,mids,split     split: train or val
    ground_truth/eval.csv                 fname,labels,mids
    ground_truth/labels.csv               fname,mid,state,origin      see ``LabelState``
    metadata/{dev,eval}_clips_info.json   fname -> {"file", "sha256", ...}
    dev_audio/  eval_audio/

Positives are the ``mids`` of dev.csv and eval.csv; ``labels.csv`` adds which of the others a person
refused or could not decide. A (clip, class) in neither is an implicit negative: nobody was asked.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml_worker.job_context import JobRefused


class ReleaseError(JobRefused):
    """The release cannot be used; the message is one sentence that names file and row."""


class Split(StrEnum):
    """The part of a release a clip belongs to."""

    TRAIN = "train"
    VAL = "val"
    EVAL = "eval"


class LabelState(IntEnum):
    """What is known of a (clip, class)."""

    IMPLICIT_NEGATIVE = 0
    POSITIVE = 1
    EXPLICIT_NEGATIVE = 2
    UNDECIDED = 3


_STATE_OF_WORD = {
    "positive": LabelState.POSITIVE,
    "negative": LabelState.EXPLICIT_NEGATIVE,
    "undecided": LabelState.UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class SoundClass:
    """A class of the release's vocabulary."""

    name: str
    mid: str


@dataclass(frozen=True, slots=True)
class ReleasedClip:
    """A clip of the release; ``path`` is its audio, ``mids`` its positive classes."""

    fname: str
    split: Split
    path: Path
    sha256: str
    mids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """A release as read from its folder. ``digest`` identifies its ground truth."""

    folder: Path
    classes: tuple[SoundClass, ...]
    clips: tuple[ReleasedClip, ...]
    digest: str
    answers: Mapping[tuple[str, str], LabelState] = field(repr=False)

    def clips_of(self, *splits: Split) -> list[ReleasedClip]:
        """Return the clips of the given splits, in the order of the files."""
        return [clip for clip in self.clips if clip.split in splits]

    def label_states(self, clips: Sequence[ReleasedClip]) -> NDArray[np.int8]:
        """Return ``LabelState`` values, shape (n_clips, n_classes)."""
        column = {c.mid: i for i, c in enumerate(self.classes)}
        row = {clip.fname: i for i, clip in enumerate(clips)}
        states = np.zeros((len(clips), len(self.classes)), dtype=np.int8)
        for (fname, mid), state in self.answers.items():
            if fname in row:
                states[row[fname], column[mid]] = state
        for clip in clips:
            states[row[clip.fname], [column[mid] for mid in clip.mids]] = LabelState.POSITIVE
        return states


def read_release(folder: Path) -> Release:
    """Read a release and check that all it names is there.

    Raises
    ------
    ReleaseError
        A file, column, class or recording is missing or contradicts another file.
    """
    truth = folder / "ground_truth"
    classes = _read_vocabulary(truth / "vocabulary.csv")
    known = {c.mid for c in classes}
    clips: dict[str, ReleasedClip] = {}
    for part in ("dev", "eval"):
        for clip in _read_clips(folder, part, known):
            if clip.fname in clips:
                raise ReleaseError(f"{truth / part}.csv lists clip {clip.fname} a second time.")
            clips[clip.fname] = clip
    answers = _read_answers(truth / "labels.csv", clips, known)
    names = ("vocabulary.csv", "dev.csv", "eval.csv", "labels.csv")
    digest = hashlib.sha256(b"".join((truth / name).read_bytes() for name in names)).hexdigest()
    return Release(folder, classes, tuple(clips.values()), digest, answers)


def _read_vocabulary(path: Path) -> tuple[SoundClass, ...]:
    classes = []
    for number, row in enumerate(csv.reader(_open_text(path)), start=1):
        if len(row) != 3:
            raise ReleaseError(f"{path} line {number} has {len(row)} columns, not index,name,mid.")
        classes.append(SoundClass(row[1], row[2]))
    if not classes:
        raise ReleaseError(f"{path} lists no class; build the release again.")
    if len({c.mid for c in classes}) != len(classes):
        raise ReleaseError(f"{path} lists a mid twice; build the release again.")
    return tuple(classes)


def _read_clips(folder: Path, part: str, known: set[str]) -> Iterator[ReleasedClip]:
    path = folder / "ground_truth" / f"{part}.csv"
    columns = ("fname", "labels", "mids", "split") if part == "dev" else ("fname", "labels", "mids")
    infos = _read_infos(folder / "metadata" / f"{part}_clips_info.json")
    for number, row in _rows(path, columns):
        where = f"{path} line {number}"
        mids = tuple(mid for mid in row["mids"].split(",") if mid)
        if unknown := set(mids) - known:
            raise ReleaseError(f"{where}: {sorted(unknown)[0]} is not in vocabulary.csv.")
        word = row["split"] if part == "dev" else "eval"
        if word not in (("train", "val") if part == "dev" else ("eval",)):
            raise ReleaseError(f"{where}: split is {word!r}; allowed are train and val.")
        audio, sha256 = _audio_of(folder, row["fname"], infos, where)
        yield ReleasedClip(row["fname"], Split(word), audio, sha256, mids)


def _audio_of(
    folder: Path, fname: str, infos: Mapping[str, Mapping[str, str]], where: str
) -> tuple[Path, str]:
    info = infos.get(fname)
    if not isinstance(info, dict) or not info.get("file") or not info.get("sha256"):
        raise ReleaseError(f"{where}: clip {fname} has no 'file' and 'sha256' in the metadata.")
    path = folder / info["file"]
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ReleaseError(f"{where}: {info['file']} lies outside the release.")
    if not path.is_file():
        raise ReleaseError(f"{where}: the audio file {info['file']} is missing from the release.")
    return path, info["sha256"]


def _read_infos(path: Path) -> Mapping[str, Mapping[str, str]]:
    try:
        value = json.loads(_open_text(path).read())
    except ValueError as error:
        raise ReleaseError(f"{path} is not JSON ({error}); build the release again.") from error
    if not isinstance(value, dict):
        raise ReleaseError(f"{path} must hold an object from fname to its metadata.")
    return value


def _read_answers(
    path: Path, clips: Mapping[str, ReleasedClip], known: set[str]
) -> dict[tuple[str, str], LabelState]:
    """Read the three-state table; rows of classes merged out of the vocabulary are left out."""
    answers = {}
    for number, row in _rows(path, ("fname", "mid", "state", "origin")):
        if row["state"] not in _STATE_OF_WORD:
            allowed = ", ".join(_STATE_OF_WORD)
            raise ReleaseError(
                f"{path} line {number}: state is {row['state']!r}; allowed are {allowed}."
            )
        if row["fname"] not in clips:
            raise ReleaseError(f"{path} line {number}: clip {row['fname']} is not in the release.")
        if row["mid"] in known:
            answers[row["fname"], row["mid"]] = _STATE_OF_WORD[row["state"]]
    return answers


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(_open_text(path))
    missing = [c for c in columns if c not in (reader.fieldnames or ())]
    if missing:
        raise ReleaseError(f"{path} has no column {missing[0]!r}; it needs {', '.join(columns)}.")
    for row in reader:
        if any(row[c] is None for c in columns):
            raise ReleaseError(f"{path} line {reader.line_num} is cut short.")
        yield reader.line_num, row


def _open_text(path: Path) -> io.StringIO:
    try:
        return io.StringIO(path.read_text(encoding="utf-8"), newline="")
    except FileNotFoundError as error:
        raise ReleaseError(f"{path} is missing; name the folder of a complete release.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ReleaseError(f"{path} cannot be read ({error}).") from error
