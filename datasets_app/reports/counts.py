"""What stands on record at each stage of a collection, in a bounded number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet, Sum

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.domain.votes.answers import ANSWERS
from datasets_app.labels.models import Label
from datasets_app.nominations.models import Nomination
from datasets_app.releases.models import Release
from datasets_app.splits.models import Split
from datasets_app.votes.models import Vote

PARTS = ("train", "val", "eval")


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage, what it counts, how many, and what they are made of: (name, count) pairs."""

    stage: str
    unit: str
    n: int
    parts: tuple[tuple[str, int], ...] = ()


def stage_rows(
    *, collection: Collection, split: Split | None, releases: Sequence[Release]
) -> list[StageRow]:
    """Return the stages of a collection in the order a clip passes them."""
    clips = collection.clips.all()
    nominations = Nomination.objects.filter(clip__collection=collection)
    labels = Label.objects.filter(nomination__clip__collection=collection)
    origins = _counted(nominations, "origin", [o.value for o in Nomination.Origin])
    states = _counted(labels, "state", [s.value for s in DecisionState])
    values = _counted(labels.exclude(value=""), "value", [v.value for v in LabelValue])
    rows = [
        StageRow("Ontology", "classes", collection.ontology.classes.count()),
        StageRow("Recordings", "clips", clips.count(), _counted(clips, "state", Clip.State.values)),
        StageRow("Makers", "uploaders", collection.uploaders.count()),
        StageRow("Nominations", "(clip, class) pairs", sum(n for _, n in origins), origins),
        _votes_row(collection),
        StageRow("Decisions", "nominations with votes", sum(n for _, n in states), states),
        StageRow("Decided", "labels", sum(n for _, n in values), values),
    ]
    if split is not None:
        parts = _counted(split.assignments.all(), "part", PARTS)
        rows.append(StageRow("Split", "clips", sum(n for _, n in parts), parts))
    n_labels = tuple((f"{r.version}: labels", _n_positive(r)) for r in releases)
    return [*rows, StageRow("Releases", "versions", len(releases), n_labels)]


def _n_positive(release: Release) -> int:
    return int(release.summary.get("n_labels", {}).get("positive", 0))


def _votes_row(collection: Collection) -> StageRow:
    votes = Vote.objects.filter(nomination__clip__collection=collection)
    answers = _counted(votes, "answer", [answer.value for answer in ANSWERS])
    people = votes.values("annotator").distinct().count()
    n_untrusted = votes.filter(is_trusted=False).count()
    others = (("untrusted", n_untrusted),) if n_untrusted else ()
    return StageRow(
        "Votes", f"answers by {people:,} annotators", sum(n for _, n in answers), answers + others
    )


def _counted(rows: QuerySet[Any], field: str, order: Sequence[str]) -> tuple[tuple[str, int], ...]:
    found = dict(rows.order_by().values(field).annotate(n=Count("pk")).values_list(field, "n"))
    return tuple((name, found[name]) for name in order if name in found)


def total_hours(*, collection: Collection) -> float:
    """Return the length of all available clips."""
    available = collection.clips.filter(state=Clip.State.AVAILABLE)
    return (available.aggregate(total=Sum("duration_s"))["total"] or 0.0) / 3600


def uploader_sizes(*, split: Split) -> list[dict[str, Any]]:
    """Return, for each uploader of a split, the side and the number of clips."""
    rows = split.assignments.order_by().values("clip__uploader__name", "part")
    sizes: dict[tuple[str, str], int] = {}
    for row in rows.annotate(n=Count("pk")):
        side = "eval" if row["part"] == "eval" else "dev"
        key = row["clip__uploader__name"], side
        sizes[key] = sizes.get(key, 0) + row["n"]
    return [{"uploader": u, "side": s, "n_clips": n} for (u, s), n in sorted(sizes.items())]


def vocabulary_summary(*, split: Split) -> dict[str, Any]:
    """Return a split's vocabulary: its size, its thresholds, and what was merged or left out."""
    merges = split.vocabulary.merges.select_related("sound_class").prefetch_related("into")
    rows = [
        {
            "name": merge.sound_class.name,
            "into": sorted(c.name for c in merge.into.all()),
            "reason": merge.reason,
        }
        for merge in merges
    ]
    return {
        "n_classes": split.vocabulary.classes.count(),
        "min_dev": split.vocabulary.min_dev,
        "min_eval": split.vocabulary.min_eval,
        "n_merged": sum(1 for row in rows if row["into"]),
        "n_left_out": sum(1 for row in rows if not row["into"]),
        "merges": sorted(rows, key=lambda row: (not row["into"], row["name"])),
    }


def licence_rows(*, collection: Collection) -> list[tuple[str, int]]:
    """Return the licences of the available clips with their counts, most frequent first."""
    clips = collection.clips.filter(state=Clip.State.AVAILABLE)
    rows = clips.order_by().values("license").annotate(n=Count("pk"))
    return sorted(((r["license"], r["n"]) for r in rows), key=lambda pair: (-pair[1], pair[0]))
