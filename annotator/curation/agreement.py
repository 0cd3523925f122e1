"""Agreement for a page: computed at most once for the same votes, and seldom where it is costly."""

import time
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _

from datasets_app.clips.models import Collection
from datasets_app.jobs.selectors import CollectionOverview
from datasets_app.votes.agreement import report_agreement

LOW_ALPHA = 0.667
"""Below this no conclusion should rest on the answers [Krippendorff 2004, §11.4]."""
NEARLY_ALL_ALIKE = 0.95
LOW_SHOWN = 5
CHEAP_VOTES = 20_000
LEAST_AGE_S = 600.0
KEPT_S = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class LowClass:
    """A class whose answers agree too little, and what that most likely means."""

    name: str
    alpha: float
    raw: float
    n_nominations: int
    why: str


def agreement_report(overview: CollectionOverview) -> dict[str, Any] | None:
    """Return ``report_agreement``'s report, None before the first vote.

    A collection with many votes gets a new report at most every ten minutes, so that a page that
    is looked at while people vote does not compute it each time.
    """
    if not overview.n_votes:
        return None
    key = f"harken.agreement.{overview.collection.uuid}"
    votes = (overview.n_votes, overview.voted_at)
    kept = cache.get(key)
    if kept and (kept["votes"] == votes or _is_recent(kept, overview)):
        return kept["report"]
    return _compute(overview.collection, key, votes)


def low_agreement(report: dict[str, Any] | None) -> list[LowClass]:
    """Return the five classes with the lowest α below ``LOW_ALPHA``; undefined ones left out."""
    classes = report["classes"] if report else []
    low = [row for row in classes if row["alpha"] is not None and row["alpha"] < LOW_ALPHA]
    low.sort(key=lambda row: (row["alpha"], row["name"]))
    return [
        LowClass(row["name"], row["alpha"], row["raw"], row["n_units"], _why(row["raw"]))
        for row in low[:LOW_SHOWN]
    ]


def _why(raw: float) -> str:
    if raw >= NEARLY_ALL_ALIKE:
        return _("nearly all answers are alike, so α rests on the few that differ")
    return _("people read this class differently; sharpen its description and FAQ")


def _is_recent(kept: dict[str, Any], overview: CollectionOverview) -> bool:
    return overview.n_votes > CHEAP_VOTES and time.time() - kept["at"] < LEAST_AGE_S


def _compute(collection: Collection, key: str, votes: tuple[Any, ...]) -> dict[str, Any]:
    report = report_agreement(collection=collection)
    cache.set(key, {"votes": votes, "at": time.time(), "report": report}, KEPT_S)
    return report
