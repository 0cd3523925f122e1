"""Proposes labels: from keywords, from imported votes, from a model's suspicion."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import snowballstemmer
from django.db import transaction
from django.db.models import Count

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
from datasets_app.nominations.selectors import direct_label_counts, present_vote_counts
from datasets_app.ontology.selectors import propagating_ancestors
from datasets_app.people.models import User

BATCH = 2000


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
    nomination with a vote is never touched. Abstract and omitted classes are not nominated.
    """
    rules = _rules(collection)
    matcher = KeywordMatcher(rules, stem=snowballstemmer.stemmer("porter").stemWord)
    class_ids = dict(collection.ontology.classes.values_list("mid", "pk"))
    ancestors = _ancestors_by_mid(collection, class_ids)
    bounds = DurationBounds(collection.shortest_s, collection.longest_s)
    clips = collection.clips.filter(state=Clip.State.AVAILABLE).order_by("pk")
    total = clips.count()
    out_of_bounds = n_added = n_withdrawn = 0
    for start, batch in _batches(clips, total):
        admitted = [clip for clip in batch if bounds.admits(clip.duration_s)]
        out_of_bounds += len(batch) - len(admitted)
        matches = {clip.pk: matcher.match(_text(clip)) for clip in admitted}
        added, withdrawn = _write_batch(batch, matches, class_ids, ancestors, seed)
        n_added += added
        n_withdrawn += withdrawn
        on_progress(start + len(batch), total)
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
    before = Nomination.objects.count()
    Nomination.objects.bulk_create(
        [
            Nomination(
                clip_id=clip_id,
                sound_class_id=class_id,
                origin=origin,
                evidence=dict(evidence),
                shuffle=_shuffle(seed, clip_id, class_id),
            )
            for (clip_id, class_id), evidence in sorted(pairs.items())
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    return Nomination.objects.count() - before


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
    rows = Nomination.objects.filter(clip__collection=collection)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    chosen = list(rows.values_list("pk", "clip_id", "priority", "clip__duration_s"))
    votes = present_vote_counts(collection=collection, nominations=ids)
    clips = None if ids is None else {clip for _, clip, _, _ in chosen}
    direct = direct_label_counts(collection=collection, clips=clips)
    wanted = validation_priority(
        n_present_votes=np.array([votes.get(pk, 0) for pk, _, _, _ in chosen], dtype=int),
        duration_s=np.array([duration_s for _, _, _, duration_s in chosen], dtype=float),
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


def _batches(clips: Any, total: int) -> Iterable[tuple[int, list[Clip]]]:
    for start in range(0, total, BATCH):
        yield start, list(clips[start : start + BATCH])


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
    held: dict[int, dict[str, Nomination]] = {}
    voted: dict[int, set[str]] = {}
    rows = Nomination.objects.filter(clip__in=batch).annotate(n_votes=Count("votes"))
    for nomination in rows:
        mid = mids[nomination.sound_class_id]
        held.setdefault(nomination.clip_id, {})[mid] = nomination
        if nomination.n_votes:
            voted.setdefault(nomination.clip_id, set()).add(mid)
    wanted: dict[tuple[int, int], Mapping[str, Any]] = {}
    stale: list[int] = []
    for clip in batch:
        matched = matches.get(clip.pk, {})
        on_clip = held.get(clip.pk, {})
        votes = voted.get(clip.pk, set())
        others = {m for m, n in on_clip.items() if n.origin != Nomination.Origin.KEYWORD}
        keep = prune_ancestors({*matched, *votes, *others}, votes, ancestors)
        for mid in (keep & matched.keys()) - on_clip.keys():
            wanted[clip.pk, class_ids[mid]] = asdict(matched[mid])
        stale += [n.pk for m, n in on_clip.items() if m not in votes and m not in keep]
    Nomination.objects.filter(pk__in=stale, votes__isnull=True).delete()
    return add_nominations(pairs=wanted, origin=Nomination.Origin.KEYWORD, seed=seed), len(stale)


def _shuffle(seed: int, clip_id: int, class_id: int) -> float:
    """Return the same number for the same pair and seed, whatever the order of writing."""
    return random.Random(f"{seed}/{clip_id}/{class_id}").random()  # noqa: S311
