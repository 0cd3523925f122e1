"""What people said of the missing labels that a model suspected."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from datasets_app.clips.models import Collection
from datasets_app.domain.labels.decision import DecisionState, LabelValue, is_present
from datasets_app.domain.proportion import wilson_interval
from datasets_app.jobs.models import Flag, Job


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


@dataclass(frozen=True, slots=True)
class LoopYield:
    """What the loop from model to people has brought a collection, in all and by teacher.

    ``jobs`` are its flag jobs with any flag that people were asked about, newest first, each with
    its share of right flags; ``classes`` as those of ``FlagYield``, the most often wrong first.
    """

    n_asked: int
    share: Share
    jobs: tuple[tuple[Job, Share], ...]
    classes: tuple[dict[str, Any], ...]


MOST_JOBS = 20
"""Flag jobs that are told apart."""


def loop_yield(*, collection: Collection) -> LoopYield:
    """Return what people said of all flags of a collection: three queries, of grouped counts.

    A nomination that several jobs flagged counts once for each job, and once in all and per class.
    """
    asked = Flag.objects.filter(job__collection=collection, nomination__isnull=False)
    verdict_of = ("nomination__label__state", "nomination__label__value")
    of_jobs: dict[int, Counter[str]] = {}
    by_job = asked.order_by().values_list("job", *verdict_of).annotate(n=Count("pk"))
    for pk, state, value, n in by_job:
        of_jobs.setdefault(pk, Counter())[_verdict(state, value)] += n
    of_classes: dict[tuple[str, str], Counter[str]] = {}
    by_class = asked.order_by().values_list("sound_class__mid", "sound_class__name", *verdict_of)
    for mid, name, state, value, n in by_class.annotate(n=Count("nomination", distinct=True)):
        of_classes.setdefault((mid, name), Counter())[_verdict(state, value)] += n
    jobs = Job.objects.filter(pk__in=sorted(of_jobs)[-MOST_JOBS:]).select_related(
        "teacher__release"
    )
    in_all = sum(of_classes.values(), Counter[str]())
    classes = [
        {"mid": mid, "name": name, **_counted(counts)} for (mid, name), counts in of_classes.items()
    ]
    classes.sort(key=lambda row: (row["share"].value is None, row["share"].value or 0, row["name"]))
    return LoopYield(
        sum(in_all.values()),
        _share(in_all["right"], in_all["right"] + in_all["wrong"]),
        tuple((job, _counted(of_jobs[job.pk])["share"]) for job in jobs.order_by("-pk")),
        tuple(classes),
    )


def _counted(counts: Counter[str]) -> dict[str, Any]:
    right, wrong = counts["right"], counts["wrong"]
    share = _share(right, right + wrong)
    return {"n_right": right, "n_wrong": wrong, "n_open": counts["open"], "share": share}


def _verdict(state: str | None, value: str | None) -> str:
    if state != DecisionState.DECIDED.value or value == LabelValue.U.value:
        return "open"
    return "right" if is_present(LabelValue(value)) else "wrong"


def _share(n_hits: int, n: int) -> Share:
    if n == 0:
        return Share(0, 0, None, None, None)
    low, high = wilson_interval(n_hits, n)
    return Share(n_hits, n, n_hits / n, float(low), float(high))
