"""Proposes labels: from keywords, from imported votes, from a model's suspicion."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as Several
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.db import transaction

from datasets_app.audit.services import record_event
from datasets_app.audit.table_statistics import refresh_statistics
from datasets_app.clips.gate import hold_gate
from datasets_app.clips.models import Clip, Collection, QueueOrder
from datasets_app.domain.nominations.active_order import kept_priority
from datasets_app.domain.nominations.nomination import Evidence, prune_ancestors
from datasets_app.domain.nominations.priority import validation_priority
from datasets_app.nominations.class_work import (
    Delta,
    change_class_work,
    counts_of,
    deltas_between,
)
from datasets_app.nominations.matching import (
    DEFAULT_FIELDS,
    ancestor_mids,
    keyword_matcher,
    keyword_rules,
    read_clips,
    stream_clips,
)
from datasets_app.nominations.models import Nomination
from datasets_app.nominations.selectors import (
    BATCH,
    direct_label_counts,
    nominations_by_pair,
    present_vote_counts,
)
from datasets_app.people.models import User


@dataclass(frozen=True, slots=True)
class NominationSummary:
    """What ``nominate_labels`` did; the evidence of ``n_reworded`` nominations is another now."""

    n_clips: int
    n_clips_out_of_bounds: int
    n_added: int
    n_withdrawn: int
    n_reworded: int
    n_classes_with_rules: int


def nominate_labels(
    *,
    collection: Collection,
    fields: Sequence[str] = DEFAULT_FIELDS,
    seed: int = 0,
    actor: User | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> NominationSummary:
    """Apply the keyword rules to every available clip, by its tags, title or description.

    Run again it adds what is new, takes back keyword nominations that no longer hold, and brings
    the evidence up to date; a nomination with a vote is never touched. Abstract and omitted classes
    are not nominated. A clip of unknown length (metadata alone) counts as within the bounds.

    Raises
    ------
    RuleError
        A field is none of tags, title and description.
    """
    rules = keyword_rules(collection=collection)
    matcher = keyword_matcher(rules=rules, fields=fields)
    writer = _BatchWriter(collection, seed)
    total = collection.clips.filter(state=Clip.State.AVAILABLE).count()
    done = out_of_bounds = 0
    for batch in stream_clips(collection=collection, fields=fields):
        matches = {pk: matcher.match(text) for pk, text in batch.texts.items()}
        writer.write(batch.clip_ids, matches)
        done += len(batch.clip_ids)
        out_of_bounds += len(batch.clip_ids) - len(batch.texts)
        on_progress(done, total)
    refresh_priorities(collection=collection)
    refresh_statistics(Clip, Nomination)
    summary = NominationSummary(
        total, out_of_bounds, writer.n_added, writer.n_withdrawn, writer.n_reworded, len(rules)
    )
    if writer.n_added or writer.n_withdrawn or writer.n_reworded:
        after = {**asdict(summary), "fields": list(fields)}
        record_event(actor=actor, verb="nominate_labels", record=collection, after=after)
    return summary


@transaction.atomic
def renominate_clips(
    *,
    collection: Collection,
    clip_ids: Sequence[int],
    mids: Several[str],
    fields: Sequence[str] = DEFAULT_FIELDS,
    seed: int = 0,
) -> tuple[int, int, int]:
    """Bring some clips' nominations of some classes to what the rules say now.

    Does to these clips and classes what ``nominate_labels`` does to all; nominations of other
    classes are taken as they are. ``mids`` must hold a class's propagating ancestors with it: they
    stand or fall with its nominations. Returns how many were added, withdrawn and given other
    evidence.
    """
    matcher = keyword_matcher(rules=keyword_rules(collection=collection), fields=fields)
    batch = read_clips(collection=collection, clip_ids=clip_ids, fields=fields)
    matches = {
        pk: {mid: found for mid, found in matcher.match(text).items() if mid in mids}
        for pk, text in batch.texts.items()
    }
    writer = _BatchWriter(collection, seed, only=frozenset(mids))
    writer.write(batch.clip_ids, matches)
    touched = Nomination.objects.filter(clip__in=batch.clip_ids, sound_class__mid__in=mids)
    refresh_priorities(collection=collection, nominations=touched.values_list("pk", flat=True))
    return writer.n_added, writer.n_withdrawn, writer.n_reworded


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
    clips = _clips_of(ordered)
    for collection_id in sorted({clip.collection_id for clip in clips.values()}):
        hold_gate(collection_id=collection_id, alone=True)
    n_added = 0
    for start in range(0, len(ordered), BATCH):
        chunk = ordered[start : start + BATCH]
        known = nominations_by_pair(pairs=chunk)
        missing = [
            Nomination(
                clip_id=clip_id,
                collection_id=clips[clip_id].collection_id,
                is_askable=clips[clip_id].can_be_heard,
                sound_class_id=class_id,
                origin=origin,
                evidence=dict(pairs[clip_id, class_id]),
                shuffle=_shuffle(seed, clip_id, class_id),
            )
            for clip_id, class_id in chunk
            if (clip_id, class_id) not in known
        ]
        Nomination.objects.bulk_create(missing, ignore_conflicts=True)
        _count_new(missing, clips)
        n_added += len(missing)
    return n_added


def _clips_of(pairs: Sequence[tuple[int, int]]) -> dict[int, Clip]:
    ids = sorted({clip_id for clip_id, _ in pairs})
    rows = Clip.objects.only("collection_id", "state", "sha256")
    return {
        clip.pk: clip
        for start in range(0, len(ids), BATCH)
        for clip in rows.filter(pk__in=ids[start : start + BATCH])
    }


def _count_new(nominations: Sequence[Nomination], clips: Mapping[int, Clip]) -> None:
    added: dict[int, dict[int, Counter[str]]] = {}
    for nomination in nominations:
        of_class = added.setdefault(nomination.collection_id, {})
        counts = of_class.setdefault(nomination.sound_class_id, Counter())
        counts["n_all"] += clips[nomination.clip_id].state == Clip.State.AVAILABLE
        counts["n_open"] += nomination.is_askable
        counts["n_openings"] += nomination.is_askable
    for collection_id, of_class in added.items():
        deltas = {class_id: Delta(**counts) for class_id, counts in of_class.items()}
        change_class_work(collection_id=collection_id, deltas=deltas)


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
    n_present = np.array([votes.get(pk, 0) for pk, _, _, _ in chosen], dtype=int)
    length = {
        "duration_s": np.array(
            [_length(duration_s) for _, _, _, duration_s in chosen], dtype=float
        ),
        "n_direct_labels": np.array([direct.get(clip, 0) for _, clip, _, _ in chosen], dtype=int),
    }
    if collection.queue_order == QueueOrder.STANDARD:
        wanted = validation_priority(n_present_votes=n_present, **length)
    else:  # the places that jobs.queue_order gave stay; only the votes so far are new
        held = [priority for _, _, priority, _ in chosen]
        standard = validation_priority(n_present_votes=np.zeros_like(n_present), **length)
        wanted = kept_priority(n_present, held, standard)
    changed: dict[float, list[int]] = {}
    for (pk, _, priority, _), new in zip(chosen, np.asarray(wanted, float).tolist(), strict=True):
        if new != priority:
            changed.setdefault(new, []).append(pk)
    write_priorities(changed)
    return sum(len(of_value) for of_value in changed.values())


def write_priorities(changed: Mapping[float, list[int]]) -> None:
    """Update by value: priorities are few whole numbers, nominations are many."""
    for priority, ids in changed.items():
        for start in range(0, len(ids), BATCH):
            chunk = ids[start : start + BATCH]
            Nomination.objects.filter(pk__in=chunk).update(priority=priority)


def _length(duration_s: float | None) -> float:
    """An unknown length has no part in the priority, like one beyond the rule's longest."""
    return math.inf if duration_s is None else duration_s


class _BatchWriter:
    """Brings the keyword nominations of some clips to what the rules say now, and counts.

    Of classes that are not among ``only`` (mids; None for all) nothing is changed.
    """

    def __init__(
        self, collection: Collection, seed: int, only: frozenset[str] | None = None
    ) -> None:
        self.n_added = self.n_withdrawn = self.n_reworded = 0
        self._seed = seed
        self._collection_id = collection.pk
        self._only = only
        self._class_ids = dict(collection.ontology.classes.values_list("mid", "pk"))
        self._mids = {pk: mid for mid, pk in self._class_ids.items()}
        self._ancestors = ancestor_mids(collection=collection)

    @transaction.atomic
    def write(self, clip_ids: list[int], matches: Mapping[int, Mapping[str, Evidence]]) -> None:
        hold_gate(collection_id=self._collection_id, alone=True)
        held = self._held(clip_ids)
        added: dict[tuple[int, int], Mapping[str, Any]] = {}
        stale: list[int] = []
        reworded: list[Nomination] = []
        for clip_id in clip_ids:
            on_clip, matched = held.get(clip_id, {}), matches.get(clip_id, {})
            keep = self._kept(on_clip, matched)
            for mid in (keep & matched.keys()) - on_clip.keys():
                added[clip_id, self._class_ids[mid]] = _as_json(matched[mid])
            stale += [
                n.pk
                for mid, n in on_clip.items()
                if mid not in keep and not n.is_voted and self._may_change(mid)
            ]
            reworded += [
                Nomination(pk=n.pk, evidence=_as_json(matched[mid]))
                for mid, n in on_clip.items()
                if mid in keep and mid in matched and n.is_outdated(matched[mid])
            ]
        self.n_withdrawn += _withdraw(stale)
        self.n_reworded += Nomination.objects.bulk_update(reworded, ["evidence"], batch_size=200)
        self.n_added += add_nominations(
            pairs=added, origin=Nomination.Origin.KEYWORD, seed=self._seed
        )

    def _held(self, clip_ids: list[int]) -> dict[int, dict[str, "_Held"]]:
        rows = Nomination.objects.filter(clip__in=clip_ids)
        voted = set(rows.filter(votes__isnull=False).values_list("pk", flat=True))
        held: dict[int, dict[str, _Held]] = {}
        for pk, clip_id, class_id, origin, evidence in rows.values_list(
            "pk", "clip_id", "sound_class_id", "origin", "evidence"
        ):
            nomination = _Held(pk, origin, evidence, pk in voted)
            held.setdefault(clip_id, {})[self._mids[class_id]] = nomination
        return held

    def _kept(self, on_clip: Mapping[str, "_Held"], matched: Mapping[str, Evidence]) -> set[str]:
        voted = {mid for mid, n in on_clip.items() if n.is_voted}
        others = {
            mid
            for mid, n in on_clip.items()
            if n.origin != Nomination.Origin.KEYWORD or not self._may_change(mid)
        }
        return prune_ancestors({*matched, *voted, *others}, voted, self._ancestors)

    def _may_change(self, mid: str) -> bool:
        return self._only is None or mid in self._only


@dataclass(frozen=True, slots=True)
class _Held:
    """A nomination on record."""

    pk: int
    origin: str
    evidence: Mapping[str, Any]
    is_voted: bool

    def is_outdated(self, found: Evidence) -> bool:
        """Whether it was made by keywords, nobody voted on it, and other words speak for it now."""
        is_ours = self.origin == Nomination.Origin.KEYWORD and not self.is_voted
        return is_ours and self.evidence != _as_json(found)


def _withdraw(ids: list[int]) -> int:
    """Delete those without a vote; locked first, so that a vote just being cast is waited for."""
    rows = Nomination.objects.filter(pk__in=ids)
    places = rows.select_for_update().order_by("pk").values_list("collection_id", flat=True)
    of_collections = sorted(set(places))
    before = {pk: counts_of(rows.filter(collection=pk)) for pk in of_collections}
    deleted = rows.filter(votes__isnull=True, gold__isnull=True).delete()[1]
    for pk in of_collections:
        after = counts_of(rows.filter(collection=pk))
        change_class_work(collection_id=pk, deltas=deltas_between(before[pk], after))
    return deleted.get(Nomination._meta.label, 0)


def _as_json(evidence: Evidence) -> dict[str, Any]:
    return {
        "rule": list(evidence.rule),
        "matched": list(evidence.matched),
        "field_names": list(evidence.field_names),
    }


def _shuffle(seed: int, clip_id: int, class_id: int) -> float:
    """Return the same number for the same pair and seed, whatever the order of writing."""
    return random.Random(f"{seed}/{clip_id}/{class_id}").random()  # noqa: S311  # nosec B311
