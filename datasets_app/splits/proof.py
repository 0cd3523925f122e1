"""Proves from the records that a split divides nobody, and says who stands in its way."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets_app.clips.models import Clip
from datasets_app.domain.clips.clip_groups import NO_DUPLICATES
from datasets_app.domain.splits.fixed_sides import NEW
from datasets_app.domain.splits.split_proof import GroupSides, split_proof
from datasets_app.splits.models import Split, SplitAssignment

COLUMNS = ("group_kind", "group", "n_train", "n_val", "n_eval", "side")
PARTS = (SplitAssignment.Part.TRAIN, SplitAssignment.Part.VAL, SplitAssignment.Part.EVAL)
UPLOADER, DUPLICATES = "uploader", "duplicate group"
NAMED = 5


@dataclass(frozen=True, slots=True)
class ProofRow:
    """One uploader or duplicate group and its clips; ``side`` is dev, eval or both."""

    group_kind: str
    group: str
    n_train: int
    n_val: int
    n_eval: int

    @property
    def side(self) -> str:
        """Where the group is."""
        in_dev = self.n_train + self.n_val > 0
        return "both" if in_dev and self.n_eval else "dev" if in_dev else "eval"


@dataclass(frozen=True, slots=True)
class Proof:
    """The rows of every uploader, in the order of their names, then of every duplicate group."""

    rows: tuple[ProofRow, ...]

    @property
    def n_uploaders(self) -> int:
        """How many uploaders the split has."""
        return sum(row.group_kind == UPLOADER for row in self.rows)

    @property
    def n_duplicate_groups(self) -> int:
        """How many groups of near-duplicates the split has."""
        return len(self.rows) - self.n_uploaders

    @property
    def divided(self) -> list[ProofRow]:
        """The rows on both sides; empty when the proof holds."""
        return [row for row in self.rows if row.side == "both"]

    def check(self) -> None:
        """Refuse a split that divides a group.

        Raises
        ------
        ValueError
            Names the groups.
        """
        if not (divided := self.divided):
            return
        named = ", ".join(f"{row.group_kind} {row.group}" for row in divided[:NAMED])
        more = f" and {len(divided) - NAMED} more" if len(divided) > NAMED else ""
        raise ValueError(
            f"In both dev and eval: {named}{more}. Make a new split with assign_splits, or "
            "withdraw the clips of one side and run assign_splits --continue."
        )


def prove_split(*, split: Split) -> Proof:
    """Return on which side every uploader and every duplicate group is, from the records.

    Clips that were withdrawn since the split are counted.
    """
    rows = _records(split)
    names = sorted({name for name, _, _ in rows})
    groups = sorted({group for _, group, _ in rows if group is not None})
    code = {name: i for i, name in enumerate(names)}
    group_code = {group: i for i, group in enumerate(groups)}
    found = split_proof(
        [code[name] for name, _, _ in rows],
        [NO_DUPLICATES if group is None else group_code[group] for _, group, _ in rows],
        [PARTS.index(part) for _, _, part in rows],
        n_sides=len(PARTS),
    )
    return Proof(
        (*_rows(UPLOADER, found.uploaders, names), *_rows(DUPLICATES, found.duplicates, groups))
    )


def write_proof(split: Split, path: Path) -> Proof:
    """Write the proof of a split as CSV, one row a group, and return it."""
    proof = prove_split(split=split)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([getattr(row, column) for column in COLUMNS] for row in proof.rows)
    return proof


def _records(split: Split) -> list[tuple[str, str | None, str]]:
    """Return uploader, duplicate group and part of each clip of the split."""
    columns = ("clip__uploader__name", "clip__duplicate_group", "part")
    return list(split.assignments.values_list(*columns))


def _rows(kind: str, found: GroupSides, names: list[str]) -> Iterator[ProofRow]:
    for group, counts in zip(found.groups.tolist(), found.n_clips.tolist(), strict=True):
        yield ProofRow(kind, names[group], *counts)


def check_groups_are_undivided(
    clip_ids: NDArray[np.int64], group: NDArray[np.int64], fixed_side: NDArray[np.int64]
) -> None:
    """Refuse to continue a split that divides a group, as new near-duplicates may make it.

    ``fixed_side`` is 0 (dev), 1 (eval) or ``NEW``, for each of ``clip_ids``.

    Raises
    ------
    ValueError
        Names the uploaders.
    """
    in_dev, in_eval = (np.unique(group[fixed_side == side]) for side in (0, 1))
    divided = np.intersect1d(in_dev, in_eval)
    if not divided.size:
        return
    first = clip_ids[(group == divided[0]) & (fixed_side != NEW)].tolist()
    clips = Clip.objects.filter(pk__in=first)
    names = sorted(set(clips.values_list("uploader__name", flat=True)))
    raise ValueError(_divided(names, len(divided) - 1))


def _divided(names: list[str], n_more: int) -> str:
    told = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
    others = f" (and so for {n_more} more)" if n_more else ""
    if len(names) == 1:
        return (
            f"Uploader {told} has clips in dev and in eval of the split to continue{others}; "
            "withdraw the clips of one side, or make a new split without --continue."
        )
    return (
        f"Uploaders {told} share near-duplicates, but have clips in dev and in eval of the split "
        f"to continue{others}; withdraw the clips of one side, undo the near-duplicates that join "
        "them, or make a new split without --continue."
    )
