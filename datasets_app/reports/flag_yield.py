"""What people said of the missing labels that a model suspected."""

from dataclasses import dataclass
from typing import Any

from datasets_app.domain.labels.decision import DecisionState, LabelValue, is_present
from datasets_app.domain.proportion import wilson_interval
from datasets_app.jobs.models import Job


@dataclass(frozen=True, slots=True)
class Share:
    """``n_hits`` of ``n`` with the Wilson interval; value and bounds are None when n is 0."""

    n_hits: int
    n: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class FlagYield:
    """All flags of a job: those people were asked about, judged (present or not), right, per class.

    ``classes`` and all counts but ``n_flags`` are of the flags that people were asked about.
    """

    n_flags: int
    n_asked: int
    n_judged: int
    share: Share
    classes: tuple[dict[str, Any], ...]
    right: frozenset[tuple[str, str]]


def flag_yield(*, job: Job) -> FlagYield:
    """Return how many flags were right: two queries.

    A flag is right if its nomination was decided present, wrong if not present, open otherwise
    (nobody answered yet, too few, a conflict, or unsure). The share is of right among right and
    wrong. ``right`` are (external id, mid). A flag without a nomination was implied by another
    flag of the same clip, and people were asked about that one.
    """
    by_class: dict[str, dict[str, Any]] = {}
    right: set[tuple[str, str]] = set()
    rows = job.flags.filter(nomination__isnull=False).values_list(
        "clip__external_id",
        "sound_class__mid",
        "sound_class__name",
        "nomination__label__state",
        "nomination__label__value",
    )
    for fname, mid, name, state, value in rows:
        counts = by_class.setdefault(
            mid, {"mid": mid, "name": name, "n_right": 0, "n_wrong": 0, "n_open": 0}
        )
        verdict = _verdict(state, value)
        counts[f"n_{verdict}"] += 1
        if verdict == "right":
            right.add((fname, mid))
    classes = [
        {**row, "share": _share(row["n_right"], row["n_right"] + row["n_wrong"])}
        for row in by_class.values()
    ]
    classes.sort(key=lambda row: (row["name"], row["mid"]))
    n_wrong = sum(row["n_wrong"] for row in classes)
    n_judged = len(right) + n_wrong
    n_asked = n_judged + sum(row["n_open"] for row in classes)
    share = _share(len(right), n_judged)
    return FlagYield(job.flags.count(), n_asked, n_judged, share, tuple(classes), frozenset(right))


def _verdict(state: str | None, value: str | None) -> str:
    if state != DecisionState.DECIDED.value or value == LabelValue.U.value:
        return "open"
    return "right" if is_present(LabelValue(value)) else "wrong"


def _share(n_hits: int, n: int) -> Share:
    if n == 0:
        return Share(0, 0, None, None, None)
    low, high = wilson_interval(n_hits, n)
    return Share(n_hits, n, n_hits / n, float(low), float(high))
