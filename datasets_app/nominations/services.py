"""Proposes labels: from keywords, from imported votes, from a model's suspicion."""

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import snowballstemmer
from django.db import transaction
from django.db.models import Count, QuerySet

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.nomination import (
    ClipText,
    DurationBounds,
    Evidence,
    KeywordMatcher,
    prune_ancestors,
)
from datasets_app.domain.priority import validation_priority
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.selectors import (
    BATCH,
    direct_label_counts,
    nominations_by_pair,
    present_vote_counts,
)
from datasets_app.ontology.selectors import propagating_ancestors
from datasets_app.people.models import User


@dataclass(frozen=True, slots=True)
class NominationSummary:
    """What ``nominate_labels`` did."""

    n_clips: int
    n_clips_out_of_bounds: int
    n_added: int
    n_withdrawn: int
    n_classes_with_rules: int


def nominate_labels(
    *,
    collection: Collection,
    seed: int = 0,
    actor: User | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> NominationSummary:
    """Apply the keyword rules to every available clip, by tags and title.

    Run again it adds what is new and takes back keyword nominations that no longer hold; a
    nomination with a vote is never touched. Abstract and omitted classes are not nominated. A clip
    of unknown length (metadata alone) counts as within the bounds.
    """
    rules = _rules(collection)
    matcher = KeywordMatcher(rules, stem=snowballstemmer.stemmer("porter").stemWord)
    class_ids = dict(collection.ontology.classes.values_list("mid", "pk"))
    ancestors = _ancestors_by_mid(collection, class_ids)
    bounds = DurationBounds(collection.shortest_s, collection.longest_s)
    clips = collection.clips.filter(state=Clip.State.AVAILABLE)
    total = clips.count()
    done = out_of_bounds = n_added = n_withdrawn = 0
    for batch in _batches(clips):
        admitted = [clip for clip in batch if _is_admitted(clip, bounds)]
        out_of_bounds += len(batch) - len(admitted)
        matches = {clip.pk: matcher.match(_text(clip)) for clip in admitted}
        added, withdrawn = _write_batch(batch, matches, class_ids, ancestors, seed)
        n_added += added
        n_withdrawn += withdrawn
        done += len(batch)
        on_progress(done, total)
    refresh_priorities(collection=collection)
    summary = NominationSummary(total, out_of_bounds, n_added, n_withdrawn, len(rules))
    if n_added or n_withdrawn:
        record_event(actor=actor, verb="nominate_labels", record=collection, after=asdict(summary))
    return summary


@transaction.atomic
def add_nominations(
    *,
    pairs: Mapping[tuple[int, int], Mapping[str, Any]],
    origin: Nomination.Origin,
    seed: int = 0,
) -> int:
    """Add a nomination for each (clip id, class id) that has none; return how many were added.

    ``pairs`` gives the evidence of each. A pair that is already nominated keeps its first origin.
    """
    ordered = sorted(pairs)
    n_added = 0
    for start in range(0, len(ordered), BATCH):
        chunk = ordered[start : start + BATCH]
        known = nominations_by_pair(pairs=chunk)
        missing = [
            Nomination(
                clip_id=clip_id,
                sound_class_id=class_id,
                origin=origin,
                evidence=dict(pairs[clip_id, class_id]),
                shuffle=_shuffle(seed, clip_id, class_id),
            )
            for clip_id, class_id in chunk
            if (clip_id, class_id) not in known
        ]
        Nomination.objects.bulk_create(missing, ignore_conflicts=True)
        n_added += len(missing)
    return n_added


@transaction.atomic
def refresh_priorities(*, collection: Collection, nominations: Iterable[int] | None = None) -> int:
    """Recompute the priority of the collection's nominations (all, or those with the given ids).

    Returns how many changed.
    """
    if nominations is None:
        return _refresh(collection, None)
    ids = list(nominations)
    chunks = (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
    return sum(_refresh(collection, chunk) for chunk in chunks)


def _refresh(collection: Collection, ids: list[int] | None) -> int:
    of_those = {"clip__collection": collection} if ids is None else {"pk__in": ids}
    rows = Nomination.objects.filter(**of_those)
    chosen = list(rows.values_list("pk", "clip_id", "priority", "clip__duration_s"))
    votes = present_vote_counts(collection=collection, nominations=ids)
    clips = None if ids is None else {clip for _, clip, _, _ in chosen}
    direct = direct_label_counts(collection=collection, clips=clips)
    wanted = validation_priority(
        n_present_votes=np.array([votes.get(pk, 0) for pk, _, _, _ in chosen], dtype=int),
        duration_s=np.array([_length(duration_s) for _, _, _, duration_s in chosen], dtype=float),
        n_direct_labels=np.array([direct.get(clip, 0) for _, clip, _, _ in chosen], dtype=int),
    )
    changed: dict[float, list[int]] = {}
    for (pk, _, priority, _), new in zip(chosen, np.asarray(wanted, float).tolist(), strict=True):
        if new != priority:
            changed.setdefault(new, []).append(pk)
    _write_priorities(changed)
    return sum(len(of_value) for of_value in changed.values())


def _write_priorities(changed: Mapping[float, list[int]]) -> None:
    """Update by value: priorities are few whole numbers, nominations are many."""
    for priority, ids in changed.items():
        for start in range(0, len(ids), BATCH):
            chunk = ids[start : start + BATCH]
            Nomination.objects.filter(pk__in=chunk).update(priority=priority)


def _rules(
    collection: Collection,
) -> dict[str, tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]]:
    usable = collection.ontology.classes.filter(is_abstract=False, is_omitted=False)
    return {
        c.mid: (tuple(tuple(words) for words in c.keywords), tuple(c.omit_keywords))
        for c in usable
        if c.keywords
    }


def _ancestors_by_mid(collection: Collection, class_ids: Mapping[str, int]) -> dict[str, set[str]]:
    mids = {pk: mid for mid, pk in class_ids.items()}
    rows = propagating_ancestors(ontology=collection.ontology)
    return {mids[child]: {mids[a] for a in ancestors} for child, ancestors in rows.items()}


def _batches(clips: QuerySet[Clip]) -> Iterator[list[Clip]]:
    """Go on from the last key: an offset would count all rows before it, each time."""
    last = 0
    while batch := list(clips.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def _is_admitted(clip: Clip, bounds: DurationBounds) -> bool:
    return clip.duration_s is None or bounds.admits(clip.duration_s)


def _length(duration_s: float | None) -> float:
    """An unknown length has no part in the priority, like one beyond the rule's longest."""
    return math.inf if duration_s is None else duration_s


def _text(clip: Clip) -> ClipText:
    return ClipText(tags=clip.tags, title=clip.title, description=clip.description)


@transaction.atomic
def _write_batch(
    batch: list[Clip],
    matches: Mapping[int, Mapping[str, Evidence]],
    class_ids: Mapping[str, int],
    ancestors: Mapping[str, set[str]],
    seed: int,
) -> tuple[int, int]:
    mids = {pk: mid for mid, pk in class_ids.items()}
    held: dict[int, dict[str, tuple[int, str]]] = {}
    voted: dict[int, set[str]] = {}
    rows = Nomination.objects.filter(clip__in=[clip.pk for clip in batch])
    counted = rows.annotate(n_votes=Count("votes")).order_by()
    for pk, clip_id, class_id, origin, n_votes in counted.values_list(
        "pk", "clip_id", "sound_class_id", "origin", "n_votes"
    ):
        held.setdefault(clip_id, {})[mids[class_id]] = pk, origin
        if n_votes:
            voted.setdefault(clip_id, set()).add(mids[class_id])
    wanted: dict[tuple[int, int], Mapping[str, Any]] = {}
    stale: list[int] = []
    for clip in batch:
        matched = matches.get(clip.pk, {})
        on_clip = held.get(clip.pk, {})
        votes = voted.get(clip.pk, set())
        others = {m for m, (_, o) in on_clip.items() if o != Nomination.Origin.KEYWORD}
        keep = prune_ancestors({*matched, *votes, *others}, votes, ancestors)
        for mid in (keep & matched.keys()) - on_clip.keys():
            wanted[clip.pk, class_ids[mid]] = _as_json(matched[mid])
        stale += [pk for m, (pk, _) in on_clip.items() if m not in votes and m not in keep]
    Nomination.objects.filter(pk__in=stale, votes__isnull=True).delete()
    return add_nominations(pairs=wanted, origin=Nomination.Origin.KEYWORD, seed=seed), len(stale)


def _as_json(evidence: Evidence) -> dict[str, Any]:
    return {
        "rule": evidence.rule,
        "matched": evidence.matched,
        "field_names": evidence.field_names,
    }


def _shuffle(seed: int, clip_id: int, class_id: int) -> float:
    """Return the same number for the same pair and seed, whatever the order of writing."""
    return random.Random(f"{seed}/{clip_id}/{class_id}").random()  # noqa: S311
