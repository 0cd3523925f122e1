"""Questions to the splits."""

from collections import Counter
from typing import Any

from datasets_app.clips.models import Collection
from datasets_app.splits.models import Split, SplitAssignment, TrainValStrategy


def get_latest_split(*, collection: Collection) -> Split:
    """Return the split that was made last, with its vocabulary.

    Raises
    ------
    ValueError
        There is none.
    """
    split = collection.splits.select_related("vocabulary").order_by("-pk").first()
    if split is None:
        raise ValueError(
            f"Collection {collection.name} has no split; run assign_splits --collection "
            f"{collection.name} first."
        )
    return split


def count_parts(*, split: Split) -> dict[str, int]:
    """Return how many clips each part has."""
    return dict(Counter(split.assignments.values_list("part", flat=True)))


def count_new_clips(*, split: Split) -> int:
    """Return how many clips of a split its parent does not have: all, if it has no parent."""
    old = SplitAssignment.objects.filter(split=split.parent_id).values("clip")
    return split.assignments.exclude(clip__in=old).count()


def contamination_rows(*, split: Split) -> list[dict[str, Any]]:
    """Return the figures of each strategy that was measured, with ``name`` and ``is_chosen``.

    None for a split that came with its dataset. The order is ours: PostgreSQL's JSON keeps none.
    """
    figures = split.contamination
    return [
        {"name": name.value, "is_chosen": name == figures["chosen"], **figures[name]}
        for name in TrainValStrategy
        if name in figures
    ]


def describe_split(*, split: Split) -> list[str]:
    """Return what a split came to, in lines for a terminal."""
    parts = count_parts(split=split)
    counts = ", ".join(f"{parts.get(part, 0)} {part}" for part in SplitAssignment.Part.values)
    vocabulary = split.vocabulary
    lines = [
        f"Split {split.pk}: {counts}; {vocabulary.classes.count()} classes in the vocabulary, "
        f"{vocabulary.merges.count()} merged or left out."
    ]
    if split.parent_id:
        lines.append(f"It continues split {split.parent_id}; {count_new_clips(split=split)} new.")
    return lines + [_describe(row) for row in contamination_rows(split=split)]


def _describe(row: dict[str, Any]) -> str:
    shares = row["val_share_per_class"]
    told = (
        "no class"
        if shares["mean"] is None
        else f"{shares['min']:.1%} to {shares['max']:.1%} (mean {shares['mean']:.1%})"
    )
    return (
        f"{'*' if row['is_chosen'] else ' '} {row['name']:<13} WC {row['within_class']:6.1%}  "
        f"BC {row['between_class']:6.1%}  {row['n_contaminated_groups']} uploaders divided  "
        f"val per class {told}"
    )
