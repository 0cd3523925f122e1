"""Labels and decisions of a collection by class, in a bounded number of queries."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.db.models import Count, Sum

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.labels.decision import DecisionState, LabelValue, is_present
from datasets_app.labels.models import Label
from datasets_app.nominations.models import Nomination
from datasets_app.splits.models import Split

KINDS = ("present", "absent", "unsure", "conflicted", "incomplete", "unanswered")
N_BINS = 20


def decision_rows(*, collection: Collection) -> list[dict[str, Any]]:
    """Return how far the nominations of each class have come, over available clips: two queries.

    Rows have mid, name, the counts ``n_`` + each of ``KINDS``, and ``n_wanted``, the answers that
    its nominations still ask for; in the order of the names.
    """
    nominations = Nomination.objects.filter(
        clip__collection=collection, clip__state=Clip.State.AVAILABLE
    ).order_by()
    rows: dict[str, dict[str, Any]] = {}
    by_state = nominations.values_list(
        "sound_class__mid", "sound_class__name", "label__state", "label__value"
    )
    for mid, name, state, value, n in by_state.annotate(n=Count("pk")):
        row = rows.setdefault(
            mid, {"mid": mid, "name": name, "n_wanted": 0, **{f"n_{kind}": 0 for kind in KINDS}}
        )
        row[f"n_{_kind(state, value)}"] += n
    wanted = nominations.values_list("sound_class__mid").annotate(n=Sum("n_wanted"))
    for mid, n in wanted:
        rows[mid]["n_wanted"] = n
    return sorted(rows.values(), key=lambda row: (row["name"], row["mid"]))


def _kind(state: str | None, value: str | None) -> str:
    if state is None:
        return "unanswered"
    if state != DecisionState.DECIDED.value:
        return state
    if is_present(LabelValue(value)):
        return "present"
    return "absent" if value == LabelValue.NP.value else "unsure"


def label_rows(*, decisions: Sequence[dict[str, Any]], split: Split | None) -> list[dict[str, Any]]:
    """Return the labels of each class before and after merging and propagation: three queries.

    Rows have name, n_direct (decided present by people), n_released (clips that carry it in the
    split, all its labels propagated; None for a class that is not released, or without a split)
    and fate: released, merged, left out (both on record), not released, or open without a split. In
    the order of n_released, then n_direct, the most first.
    """
    rows = {
        row["mid"]: {"name": row["name"], "n_direct": row["n_present"], "n_released": None}
        for row in decisions
        if row["n_present"]
    }
    fates: dict[str, str] = {}
    if split is not None:
        kept = split.vocabulary.classes.values_list(
            "sound_class__mid", "sound_class__name", "n_dev", "n_eval"
        )
        for mid, name, n_dev, n_eval in kept:
            row = rows.setdefault(mid, {"name": name, "n_direct": 0})
            row["n_released"], fates[mid] = n_dev + n_eval, "released"
        merges = split.vocabulary.merges.annotate(n_into=Count("into"))
        for mid, n_into in merges.values_list("sound_class__mid", "n_into"):
            fates.setdefault(mid, "merged" if n_into else "left out")
    otherwise = "open" if split is None else "not released"
    found = [{**row, "fate": fates.get(mid, otherwise)} for mid, row in rows.items()]
    return sorted(found, key=lambda r: (-(r["n_released"] or 0), -r["n_direct"], r["name"]))


def posterior_bins(*, collection: Collection) -> list[dict[str, Any]]:
    """Return how many decisions have a posterior from ``low`` (inclusive) to ``high``: one query.

    There are ``N_BINS`` from 0.5 to 1; the last includes 1, and none are below 0.5 but where the
    answers were "unsure". No rows if no decision has one.
    """
    labels = Label.objects.filter(
        nomination__clip__collection=collection,
        nomination__clip__state=Clip.State.AVAILABLE,
        posterior__isnull=False,
    )
    values = np.fromiter(labels.order_by().values_list("posterior", flat=True).iterator(), float)
    if not values.size:
        return []
    edges = np.linspace(0.5, 1, N_BINS + 1).round(4)
    counts, _ = np.histogram(np.clip(values, 0.5, 1), bins=edges)
    return [
        {"low": low, "high": high, "n": n}
        for low, high, n in zip(
            edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True
        )
    ]


def total_of(rows: Sequence[dict[str, Any]]) -> Counter[str]:
    """Return the sums over classes of ``decision_rows``, by the key of the row."""
    keys = [*(f"n_{kind}" for kind in KINDS), "n_wanted"]
    return Counter({key: sum(row[key] for row in rows) for key in keys})
