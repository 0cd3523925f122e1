"""How many proposed labels people confirmed, and how many were missing."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.label_matrix import LabelMatrix, label_matrix
from datasets_app.domain.labels.decision import DecisionState, LabelValue
from datasets_app.domain.labels.noise_audit import LabelNoise, NoiseAudit, audit_noise
from datasets_app.domain.proportion import Proportions
from datasets_app.labels.models import Label
from datasets_app.labels.refinement.models import Completeness, PriorLabel
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.selectors import PRESENT_VALUES

LEVEL = 0.95
PROPOSED = (Nomination.Origin.KEYWORD, Nomination.Origin.IMPORT)
FSD50K = {"confirmed": 0.943, "clips_gained": 0.509}
"""Refinement of FSD50K's evaluation set (Fonseca et al. 2021)."""
COMPARED = (
    "Labels proposed by keyword rules or brought in with the dataset, against what people decided "
    "of them; added are labels found present that only a model or a person had proposed."
)
NOT_THE_SAME = (
    "FSD50K's figures are of a later step: experts looked again at labels that people had already "
    "validated, and named every class they heard. Proposals nobody has validated yet are confirmed "
    "less often, and few are added where nobody looks for more."
)

Row = tuple[int, int, str, str, str]
"""Clip id, class id, the nomination's origin, the label's state and value."""


def audit_labels(*, collection: Collection) -> dict[str, Any]:
    """Return the shares of labels confirmed, rejected and added, overall and for each class.

    Looked at are available clips with a decision. Of the labels that keyword rules or an import
    proposed, decided ones are confirmed or rejected; "unsure", conflicts and too few answers count
    as undecided. Added are labels decided present that a model or a person proposed. Every share
    has its n, its total and a Wilson interval at ``level``; it is None where the total is 0.

    Notes
    -----
    Source: FSD50K's noise audit (Fonseca et al. 2021); ``fsd50k`` has its figures. O(labels).
    """
    rows = _decisions(collection)
    clips = sorted({row[0] for row in rows})
    classes = list(collection.ontology.classes.order_by("pk").values_list("pk", "mid", "name"))
    shape = _Shape(clips, [pk for pk, _, _ in classes])
    audit = audit_noise(
        shape.matrix(row for row in rows if row[2] in PROPOSED),
        shape.matrix(row for row in rows if row[4] in PRESENT_VALUES),
        undecided=shape.matrix(row for row in rows if row[4] in ("", LabelValue.U)),
        level=LEVEL,
    )
    return {
        "collection": collection.name,
        "level": LEVEL,
        "compared": COMPARED,
        "fsd50k": {**FSD50K, "note": NOT_THE_SAME},
        "n_clips": len(clips),
        "n_undecided": audit.n_undecided,
        "overall": _noise(audit.overall, ()),
        "clips_gained": _share(audit.clips_gained, ()),
        "refinement": audit_refinement(collection=collection),
        "classes": _classes(audit, [(mid, name) for _, mid, name in classes]),
    }


def audit_refinement(*, collection: Collection) -> dict[str, Any] | None:
    """Return the noise that experts found in the labels decided before them; None without any.

    Looked at are available clips that someone finished refining: what was decided present when
    the clip was first taken, against what is decided now, after differences were adjudicated.
    ``n_complete`` of them are certified complete. Shares as of ``audit_labels``.

    Notes
    -----
    Source: the refinement of FSD50K's evaluation set (Fonseca et al. 2021), the same comparison.
    """
    before, now = _before_and_after(collection)
    clips = list(
        collection.clips.filter(state=Clip.State.AVAILABLE, refinements__finished_at__isnull=False)
        .distinct()
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    if not clips:
        return None
    shape = _Shape(clips, list(collection.ontology.classes.values_list("pk", flat=True)))
    audit = audit_noise(
        shape.matrix(before),
        shape.matrix(row for row in now if row[4] in PRESENT_VALUES),
        undecided=shape.matrix(row for row in now if row[4] in ("", LabelValue.U)),
        level=LEVEL,
    )
    complete = Completeness.objects.filter(clip__in=clips, withdrawn_at=None)
    return {
        "n_clips": len(clips),
        "n_complete": complete.values("clip").distinct().count(),
        "n_undecided": audit.n_undecided,
        "overall": _noise(audit.overall, ()),
        "clips_gained": _share(audit.clips_gained, ()),
    }


def describe_refinement(found: dict[str, Any]) -> list[str]:
    """Return an audit of refinement in lines for a terminal."""
    overall = found["overall"]
    return [
        f"{found['n_clips']} clips refined by experts, {found['n_complete']} certified complete:",
        f"confirmed {_told(overall['confirmed'])} (FSD50K {FSD50K['confirmed']:.1%})",
        f"rejected  {_told(overall['rejected'])}; {found['n_undecided']} in conflict or open",
        f"added     {_told(overall['added'])} of the labels present",
        f"gained    {_told(found['clips_gained'])} of the clips gained a label "
        f"(FSD50K {FSD50K['clips_gained']:.1%})",
    ]


def describe_noise(found: dict[str, Any]) -> list[str]:
    """Return an audit in lines for a terminal, the classes with most rejections first."""
    overall = found["overall"]
    lines = [
        f"{found['n_clips']} clips with a decision. {found['compared']}",
        f"confirmed {_told(overall['confirmed'])} (FSD50K {FSD50K['confirmed']:.1%})",
        f"rejected  {_told(overall['rejected'])}; {found['n_undecided']} more undecided",
        f"added     {_told(overall['added'])} of the labels present",
        f"gained    {_told(found['clips_gained'])} of the clips gained a label "
        f"(FSD50K {FSD50K['clips_gained']:.1%})",
        found["fsd50k"]["note"],
    ]
    ordered = sorted(
        found["classes"], key=lambda row: (-(row["rejected"]["share"] or 0), row["name"])
    )
    if found["refinement"] is not None:
        lines += describe_refinement(found["refinement"])
    return lines + [
        f"  {row['name']}: confirmed {_told(row['confirmed'])}, added {_told(row['added'])}"
        for row in ordered
    ]


class _Shape:
    """Where clips and classes stand in the matrices."""

    def __init__(self, clips: list[int], classes: list[int]) -> None:
        self._row = {pk: i for i, pk in enumerate(clips)}
        self._column = {pk: j for j, pk in enumerate(classes)}

    def matrix(self, rows: Iterable[Row]) -> LabelMatrix:
        """Return the (clip, class) pairs of the rows as a label matrix."""
        pairs = [(self._row[row[0]], self._column[row[1]]) for row in rows]
        clip, sound_class = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return label_matrix(clip, sound_class, (len(self._row), len(self._column)))


def _decisions(collection: Collection) -> list[Row]:
    labels = Label.objects.filter(
        nomination__clip__collection=collection,
        nomination__clip__state=Clip.State.AVAILABLE,
    )
    rows = list(
        labels.values_list(
            "nomination__clip_id",
            "nomination__sound_class_id",
            "nomination__origin",
            "state",
            "value",
        )
    )
    decided = {row[0] for row in rows if row[3] == DecisionState.DECIDED}
    return [row for row in rows if row[0] in decided]


def _before_and_after(collection: Collection) -> tuple[list[Row], list[Row]]:
    """Return the labels present before refinement, and all labels now, of the refined clips."""
    refined = collection.clips.filter(
        state=Clip.State.AVAILABLE, refinements__finished_at__isnull=False
    ).values("pk")
    places = ("nomination__clip_id", "nomination__sound_class_id", "nomination__origin")
    prior = PriorLabel.objects.filter(nomination__clip__in=refined, value__in=PRESENT_VALUES)
    labels = Label.objects.filter(nomination__clip__in=refined)
    columns = (*places, "state", "value")
    return list(prior.values_list(*columns)), list(labels.values_list(*columns))


def _classes(audit: NoiseAudit, names: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the classes that were proposed and decided, or added, by name."""
    noise = audit.per_class
    seen = np.flatnonzero((noise.confirmed.total > 0) | (noise.added.n > 0)).tolist()
    rows = [
        {"mid": names[j][0], "name": names[j][1], **_noise(audit.per_class, (j,))} for j in seen
    ]
    return sorted(rows, key=lambda row: (row["name"], row["mid"]))


def _noise(noise: LabelNoise, at: tuple[int, ...]) -> dict[str, Any]:
    return {
        "confirmed": _share(noise.confirmed, at),
        "rejected": _share(noise.rejected, at),
        "added": _share(noise.added, at),
    }


def _share(found: Proportions, at: tuple[int, ...]) -> dict[str, Any]:
    share = float(found.share[at])
    return {
        "n": int(found.n[at]),
        "total": int(found.total[at]),
        "share": None if math.isnan(share) else share,
        "low": float(found.low[at]),
        "high": float(found.high[at]),
    }


def _told(share: dict[str, Any]) -> str:
    if share["share"] is None:
        return "none to judge"
    return (
        f"{share['share']:.1%} [{share['low']:.1%} to {share['high']:.1%}] "
        f"({share['n']} of {share['total']})"
    )
