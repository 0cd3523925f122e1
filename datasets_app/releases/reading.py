"""Reads a release's files without trust and without a database."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets_app.domain.labels.label_states import LabelOrigin, TrainingState
from datasets_app.domain.ontology.propagation import ancestor_matrix
from datasets_app.releases.layout import (
    DEV_PARTS,
    EDGE_COLUMNS,
    LABEL_COLUMNS,
    LABELS,
    ONTOLOGY_EDGES,
    SIDES,
    TRUTH_COLUMNS,
    VOCABULARY,
    clips_info_file,
    truth_file,
)

State = tuple[TrainingState, LabelOrigin]


class ReleaseFileError(ValueError):
    """A file of the release that cannot be understood; the sentence names it and the line."""


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """What a release says of its clips.

    ``vocabulary`` gives the released name of each mid; ``part_of`` the part (train, val, eval) of
    each fname; ``positives`` the mids of each fname in dev.csv and eval.csv; ``states`` the rows of
    labels.csv by fname and mid.
    """

    vocabulary: Mapping[str, str]
    part_of: Mapping[str, str]
    positives: Mapping[str, tuple[str, ...]]
    states: Mapping[str, Mapping[str, State]]


def read_truth(folder: Path) -> GroundTruth:
    """Read vocabulary, dev, eval and labels.

    Raises
    ------
    ReleaseFileError
        One of them is missing, malformed, or names what the others do not know.
    """
    vocabulary = read_vocabulary(folder)
    part_of: dict[str, str] = {}
    positives: dict[str, tuple[str, ...]] = {}
    for side in SIDES:
        for where, row in read_rows(folder, truth_file(side), TRUTH_COLUMNS[side]):
            fname, part = row["fname"], row.get("split", "eval")
            if fname in part_of:
                raise ReleaseFileError(f"{where} lists clip {fname} a second time.")
            if side == "dev" and part not in DEV_PARTS:
                raise ReleaseFileError(f"{where}: split is {part!r}; allowed are train and val.")
            positives[fname] = _read_labels(where, row, vocabulary)
            part_of[fname] = part
    return GroundTruth(vocabulary, part_of, positives, _read_states(folder, vocabulary, part_of))


def read_vocabulary(folder: Path) -> dict[str, str]:
    """Return the released name of each class by its mid, in the order of the vocabulary.

    Raises
    ------
    ReleaseFileError
        The file is missing or malformed, or lists no class.
    """
    vocabulary: dict[str, str] = {}
    for where, row in _csv_lines(folder, VOCABULARY):
        if len(row) != 3 or row[0] != str(len(vocabulary)) or row[2] in vocabulary:
            raise ReleaseFileError(f"{where} is not the next index, a name and a new mid.")
        vocabulary[row[2]] = row[1]
    if not vocabulary:
        raise ReleaseFileError(f"{VOCABULARY} lists no class.")
    return vocabulary


def _read_labels(
    where: str, row: Mapping[str, str], vocabulary: Mapping[str, str]
) -> tuple[str, ...]:
    mids = tuple(row["mids"].split(",")) if row["mids"] else ()
    names = tuple(row["labels"].split(",")) if row["labels"] else ()
    unknown = [mid for mid in mids if mid not in vocabulary]
    if unknown:
        raise ReleaseFileError(f"{where}: {unknown[0]!r} is not in {VOCABULARY}.")
    if len(set(mids)) != len(mids) or names != tuple(vocabulary[mid] for mid in mids):
        raise ReleaseFileError(f"{where}: labels and mids do not name the same classes once each.")
    return mids


def _read_states(
    folder: Path, vocabulary: Mapping[str, str], part_of: Mapping[str, str]
) -> dict[str, dict[str, State]]:
    states: dict[str, dict[str, State]] = {fname: {} for fname in part_of}
    for where, row in read_rows(folder, LABELS, LABEL_COLUMNS):
        fname, mid = row["fname"], row["mid"]
        if fname not in states:
            raise ReleaseFileError(f"{where}: clip {fname!r} is in neither dev.csv nor eval.csv.")
        if mid not in vocabulary:
            raise ReleaseFileError(f"{where}: {mid!r} is not in {VOCABULARY}.")
        if mid in states[fname]:
            raise ReleaseFileError(f"{where} lists clip {fname} and {mid} a second time.")
        try:
            states[fname][mid] = TrainingState(row["state"]), LabelOrigin(row["origin"])
        except ValueError as error:
            raise ReleaseFileError(f"{where}: {error}.") from error
    return states


def read_implied(folder: Path, vocabulary: Mapping[str, str]) -> dict[str, set[str]]:
    """Return, for each mid of the vocabulary, its propagating ancestors in the vocabulary.

    Paths may lead through classes that are not in it.

    Raises
    ------
    ReleaseFileError
        The table of edges is missing or malformed, or has a cycle.
    """
    column: dict[str, int] = {mid: i for i, mid in enumerate(vocabulary)}
    pairs = []
    for where, row in read_rows(folder, ONTOLOGY_EDGES, EDGE_COLUMNS):
        if row["propagates"] not in ("0", "1"):
            raise ReleaseFileError(f"{where}: propagates is {row['propagates']!r}, not 0 or 1.")
        if row["propagates"] == "1":
            ends = row["child_mid"], row["parent_mid"]
            pairs.append(tuple(column.setdefault(mid, len(column)) for mid in ends))
    try:
        closed = ancestor_matrix(len(column), pairs)
    except ValueError as error:
        raise ReleaseFileError(f"{ONTOLOGY_EDGES}: {error}") from error
    mids = list(column)
    known = range(len(vocabulary))
    return {
        mids[i]: {
            mids[j] for j in closed.indices[closed.indptr[i] : closed.indptr[i + 1]] if j in known
        }
        for i in known
    }


def read_clips_info(folder: Path, side: str) -> dict[str, dict[str, Any]]:
    """Return the entries of a side's clips.

    Raises
    ------
    ReleaseFileError
        The file is missing or is not an object of objects.
    """
    name = clips_info_file(side)
    found = read_json(folder, name)
    if not isinstance(found, dict) or not all(isinstance(v, dict) for v in found.values()):
        raise ReleaseFileError(f"{name} must hold an object with an object for each clip.")
    return found


def read_json(folder: Path, name: str) -> Any:
    """Return what a JSON file holds.

    Raises
    ------
    ReleaseFileError
        It is missing or is not JSON.
    """
    try:
        return json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ReleaseFileError(f"{name} cannot be read as JSON: {_reason(error)}.") from error


def read_rows(
    folder: Path, name: str, columns: Sequence[str]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield where each row stands and its cells by column.

    Raises
    ------
    ReleaseFileError
        The file is missing or is no UTF-8 csv; the header or a row has other columns.
    """
    lines = _csv_lines(folder, name)
    _, header = next(lines, ("", []))
    if header != list(columns):
        raise ReleaseFileError(
            f"{name} has the columns {','.join(header)[:80]!r}; they must be {','.join(columns)}."
        )
    for where, row in lines:
        if len(row) != len(columns):
            raise ReleaseFileError(f"{where} has {len(row)} cells, not {len(columns)}.")
        yield where, dict(zip(columns, row, strict=True))


def _csv_lines(folder: Path, name: str) -> Iterator[tuple[str, list[str]]]:
    try:
        with (folder / name).open(encoding="utf-8", newline="") as handle:
            reader = csv.reader(handle)
            for row in reader:
                yield f"{name} line {reader.line_num}", row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReleaseFileError(f"{name} cannot be read as csv: {_reason(error)}.") from error


def _reason(error: BaseException) -> str:
    """Say what went wrong without the folder's path."""
    return (error.strerror or "unknown") if isinstance(error, OSError) else str(error)
