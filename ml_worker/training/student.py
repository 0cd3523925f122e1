"""What a student does with the labels its teacher suspects to be missing (Fonseca et al. 2020).

The flags of a flag job are entries (clip, class) that nobody was asked about and the teacher hears.
A student is trained from scratch with them left out of the negative term of the loss; adding them
as positives, and leaving out as many entries at random, are what it is compared with. Only implicit
negatives are ever touched: what a person has answered stands.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml_worker.contract import ContractError, JobKind, read_result
from ml_worker.file_hash import sha256_of
from ml_worker.flag import FLAGS_FILE, check_top_percent, n_flagged
from ml_worker.job_context import JobRefused
from ml_worker.release import LabelState, ReleasedClip, SoundClass


class FlagUse(StrEnum):
    """What to do with flagged entries of the training set."""

    MASK = "mask"
    ADD = "add"
    RANDOM_MASK = "random_mask"


def check_flag_settings(settings: Mapping[str, Any]) -> tuple[FlagUse, float | None]:
    """Return ``flag_use`` and ``top_percent`` (None: as many as the flag job gave).

    Raises
    ------
    JobRefused
        One of them is not allowed.
    """
    name = settings.get("flag_use", FlagUse.MASK.value)
    if name not in list(FlagUse):
        raise JobRefused(f"flag_use is {name!r}; it must be one of {', '.join(FlagUse)}.")
    share = settings.get("top_percent")
    return FlagUse(name), None if share is None else check_top_percent(share)


def read_flags(
    folder: Path,
    clips: Sequence[ReleasedClip],
    classes: Sequence[SoundClass],
    top_percent: float | None = None,
) -> NDArray[np.bool_]:
    """Return which entries of ``clips`` a flag job's result names, shape (n_clips, n_classes).

    Flags of other clips (the validation part) are left out.

    Raises
    ------
    JobRefused
        The folder is no good flag job's result, ``top_percent`` is more than it has, or it is of
        another vocabulary.
    """
    given_percent = _check_flag_result(folder)
    if top_percent is not None and top_percent > given_percent:
        raise JobRefused(
            f"top_percent is {top_percent:g}, but the flag job gave only the top "
            f"{given_percent:g} %; flag more, or ask for less."
        )
    row_of = {clip.fname: i for i, clip in enumerate(clips)}
    column_of = {c.mid: i for i, c in enumerate(classes)}
    flagged = np.zeros((len(clips), len(classes)), dtype=np.bool_)
    for fname, mid, rank, n_implicit in _rows(folder / FLAGS_FILE):
        if mid not in column_of:
            raise JobRefused(
                f"{folder / FLAGS_FILE} flags class {mid}, which the release has not; "
                "use flags of a release with the same vocabulary."
            )
        if top_percent is not None and rank > n_flagged(n_implicit, top_percent):
            continue
        if fname in row_of:
            flagged[row_of[fname], column_of[mid]] = True
    return flagged


def use_flags(
    states: NDArray[np.int8], flagged: NDArray[np.bool_], use: FlagUse, seed: int
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Return the training set's label states and which of its entries the loss is to leave out.

    Parameters
    ----------
    states, flagged
        Shape (n_clips, n_classes). Flags that are not implicit negatives (any more) do nothing.
    use
        ``random_mask`` leaves out, in each class, as many implicit negatives as are flagged.
    seed
        Of that choice.
    """
    is_implicit = states == LabelState.IMPLICIT_NEGATIVE
    flagged = flagged & is_implicit
    if use is FlagUse.MASK:
        return states, flagged
    if use is FlagUse.ADD:
        added = np.where(flagged, np.int8(LabelState.POSITIVE), states)
        return added.astype(np.int8), np.zeros_like(flagged)
    rng = np.random.default_rng([seed, 20])
    masked = np.zeros_like(flagged)
    for column, n in enumerate(flagged.sum(axis=0)):
        rows = np.nonzero(is_implicit[:, column])[0]
        masked[rng.choice(rows, size=n, replace=False), column] = True
    return states, masked


def digest_of_flags(folder: Path) -> str:
    """Return the beginning of the sha256 of a flag job's flags."""
    return sha256_of(folder / FLAGS_FILE)[:12]


def _check_flag_result(folder: Path) -> float:
    """Return the share that a flag job flagged."""
    try:
        result = read_result(folder)
    except ContractError as error:
        raise JobRefused(str(error)) from error
    if result is None or not result.ok or result.kind is not JobKind.FLAG:
        raise JobRefused(
            f"Input 'flags' is {folder}, no result of a good flag job; "
            "make one with: python -m ml_worker flag RELEASE RUN OUT."
        )
    path = folder / FLAGS_FILE
    if not path.is_file() or sha256_of(path) != result.files.get(FLAGS_FILE):
        raise JobRefused(f"{path} is not as its job left it; flag again.")
    return float(result.summary["top_percent"])


def _rows(path: Path) -> Iterator[tuple[str, str, int, int]]:
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            try:
                yield row["fname"], row["mid"], int(row["rank"]), int(row["n_implicit"])
            except (KeyError, TypeError, ValueError) as error:
                raise JobRefused(
                    f"{path} has a row without fname, mid, rank and n_implicit ({error!r}); "
                    "flag again with this version."
                ) from error
