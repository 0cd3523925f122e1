"""The numbers of a dataset card, gathered from the files of the release while it is made."""

import math
import statistics
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from datasets_app.clips.models import Clip
from datasets_app.domain.clips.licenses import license_address, license_name
from datasets_app.domain.labels.label_states import TrainingState
from datasets_app.labels.noise import FSD50K, audit_refinement
from datasets_app.releases.dataset_card.agreement import agreement_facts
from datasets_app.releases.dataset_card.json_lines import json_entries
from datasets_app.releases.layout import SIDES, clips_info_file
from datasets_app.releases.plan import ReleasePlan
from datasets_app.releases.tally import ReleaseTally
from datasets_app.splits.selectors import contamination_rows

FACTS = "metadata/card.json"
PARTS = ("train", "val", "eval")
N_BINS = 20
DIGITS = 6
"""Shares and coefficients are rounded so that a last bit of arithmetic shows in no byte."""


def card_facts(folder: Path, plan: ReleasePlan, tally: ReleaseTally) -> dict[str, Any]:
    """Return the numbers of the card, as JSON takes them.

    The same records give the same numbers on any database: agreement is of the ratings in the
    release, with a seeded bootstrap.

    Notes
    -----
    Reads metadata and ratings once, line by line; memory is a number for each clip. Three queries,
    and those of ``audit_refinement`` where experts have refined clips.
    """
    agreement = agreement_facts(folder)
    per_class = agreement.pop("classes")
    return {
        "collection": plan.collection.name,
        "version": plan.version,
        "is_simulated": plan.collection.is_simulated,
        "parent": plan.parent and plan.parent.version,
        "parts": {
            part: {"n_clips": tally.n_clips[part], "duration_s": tally.duration_s[part] / 1000}
            for part in PARTS
        },
        "classes": [_class(plan, tally, per_class, column) for column in plan.vocabulary],
        "n_merged": plan.split.vocabulary.merges.count(),
        "states": {state.value: tally.n_states[state.value] for state in TrainingState},
        "origins": dict(sorted(tally.n_origins.items())),
        **_clips(folder),
        "n_duplicate_groups": len({group for group, _, _ in tally.duplicates}),
        "agreement": agreement,
        "split": _split(plan, tally),
        "noise": _noise(plan),
        "licenses": [
            {
                "text": text,
                "name": license_name(text),
                "address": license_address(text),
                "n_clips": n,
            }
            for text, n in sorted(tally.licenses.items(), key=lambda row: (-row[1], row[0]))
        ],
        "n_withdrawn": plan.split.assignments.filter(clip__state=Clip.State.WITHDRAWN).count(),
    }


def _class(
    plan: ReleasePlan, tally: ReleaseTally, agreement: Mapping[str, Any], column: int
) -> dict[str, Any]:
    mid = plan.classes[column].mid
    counts = tally.class_counts
    return {
        "mid": mid,
        "name": plan.classes[column].name,
        "label": plan.label(column),
        "n_dev": tally.n_dev(column),
        "n_eval": counts[column, "eval"],
        "n_negative": counts[column, TrainingState.NEGATIVE.value],
        "n_undecided": counts[column, TrainingState.UNDECIDED.value],
        "agreement": agreement.get(mid),
    }


def _clips(folder: Path) -> dict[str, Any]:
    """Return lengths and uploaders, by side."""
    durations: dict[str, list[float]] = {side: [] for side in SIDES}
    sizes: dict[str, Counter[str]] = {side: Counter() for side in SIDES}
    for side in SIDES:
        for _, info in json_entries(folder / clips_info_file(side)):
            durations[side].append(info["duration_s"])
            sizes[side][info["uploader"]] += 1
    return {"durations": _histogram(durations), "uploaders": _uploaders(sizes)}


def _histogram(durations: Mapping[str, list[float]]) -> dict[str, Any]:
    """Count lengths in bins of a round width; the last bin holds its upper edge."""
    every = sorted(value for values in durations.values() for value in values)
    width = _round_width(every[-1] / N_BINS)
    n_bins = max(1, -int(-every[-1] // width))
    counts = {side: [0] * n_bins for side in SIDES}
    for side, values in durations.items():
        for value in values:
            counts[side][min(int(value / width), n_bins - 1)] += 1
    return {
        "width_s": width,
        "counts": counts,
        "shortest_s": round(every[0], 3),
        "median_s": round(statistics.median(every), 3),
        "longest_s": round(every[-1], 3),
    }


def _round_width(least: float) -> float:
    """Return the first of 1, 2, 5, 10 ... (and their parts) that is at least ``least``."""
    widths = (step * 10**power for power in range(-3, 7) for step in (1, 2, 5))
    return round(next(width for width in widths if width >= least), 3)


def _uploaders(sizes: Mapping[str, Counter[str]]) -> dict[str, Any]:
    """Count uploaders by how many clips they have, in bins that double: 1, 2, 3-4, 5-8, ..."""
    largest = max((n for of_side in sizes.values() for n in of_side.values()), default=1)
    edges = [0, 1]
    while edges[-1] < largest:
        edges.append(edges[-1] * 2)
    bins = [
        {
            "from": low + 1,
            "to": high,
            **{side: sum(low < n <= high for n in sizes[side].values()) for side in SIDES},
        }
        for low, high in pairwise(edges)
    ]
    n_clips = sum(sum(of_side.values()) for of_side in sizes.values())
    return {
        "n": {side: len(sizes[side]) for side in SIDES},
        "bins": bins,
        "largest_n_clips": largest,
        "largest_share": round(largest / max(n_clips, 1), DIGITS),
    }


def _split(plan: ReleasePlan, tally: ReleaseTally) -> dict[str, Any]:
    """Return what is proven of the split: the release's own verification checks the same again."""
    split = plan.split
    is_compared = str(split.contamination.get("chosen")) in split.contamination
    return {
        "seed": split.seed,
        "eval_share": split.eval_share,
        "val_share": split.val_share,
        "is_continued": split.parent_id is not None,
        "n_uploaders_on_both_sides": sum(len(sides) > 1 for sides in tally.uploaders.values()),
        "n_duplicate_groups_on_both_sides": _divided(tally),
        "strategies": [
            {
                "name": row["name"],
                "is_chosen": row["is_chosen"],
                "within_class": round(row["within_class"], DIGITS),
                "between_class": round(row["between_class"], DIGITS),
            }
            for row in (contamination_rows(split=split) if is_compared else ())
        ],
    }


def _divided(tally: ReleaseTally) -> int:
    sides: dict[str, set[str]] = {}
    for group, _, side in tally.duplicates:
        sides.setdefault(group, set()).add(side)
    return sum(len(found) > 1 for found in sides.values())


def _noise(plan: ReleasePlan) -> dict[str, Any] | None:
    """Return what experts found of the labels decided before them; None where none looked."""
    found = audit_refinement(collection=plan.collection)
    if found is None:
        return None
    return {
        "n_clips": found["n_clips"],
        "n_complete": found["n_complete"],
        "confirmed": _rounded(found["overall"]["confirmed"]),
        "added": _rounded(found["overall"]["added"]),
        "clips_gained": _rounded(found["clips_gained"]),
        "fsd50k": FSD50K,
    }


def _rounded(share: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _plain(value) if isinstance(value, float) else value for name, value in share.items()
    }


def _plain(value: float) -> float | None:
    return round(value, DIGITS) if math.isfinite(value) else None
