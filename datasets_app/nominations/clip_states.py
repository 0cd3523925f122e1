"""Clips that go, come back or get their recording, and the queue that follows them."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet

from datasets_app.audit.services import record_event
from datasets_app.clips.gate import hold_gate
from datasets_app.clips.models import Clip, Collection
from datasets_app.nominations.class_work import change_class_work, counts_of, deltas_between
from datasets_app.nominations.models import Nomination
from datasets_app.people.models import User

BATCH = 2000
T = TypeVar("T")


@transaction.atomic
def withdraw_clip(*, clip: Clip, actor: User | None, reason: str = "") -> bool:
    """Take a clip away from everybody; its records stay. Return whether it was available."""
    return _set_state(clip, Clip.State.WITHDRAWN, "withdraw_clip", actor, reason)


@transaction.atomic
def restore_clip(*, clip: Clip, actor: User | None, reason: str = "") -> bool:
    """Bring a withdrawn clip back; return whether it was withdrawn."""
    return _set_state(clip, Clip.State.AVAILABLE, "restore_clip", actor, reason)


@transaction.atomic
def ask_about_clips(*, collection: Collection, clip_ids: Iterable[str]) -> int:
    """Have the queue follow clips (by external id) that got their recording; return the changes."""
    return sum(
        follow_clips(
            clips=collection.clips.filter(external_id__in=chunk).values_list("pk", flat=True)
        )
        for chunk in _chunks(sorted(set(clip_ids)))
    )


def refresh_askable(*, clips: Iterable[int]) -> int:
    """Set ``is_askable`` of all nominations of some clips (by id); return how many changed.

    The class's counts are the caller's to change; ``follow_clips`` does both.
    """
    changed = 0
    for chunk in _chunks(sorted(set(clips))):
        rows = Nomination.objects.filter(clip__in=chunk)
        list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
        changed += _refresh(rows)
    return changed


@transaction.atomic
def follow_clips(*, clips: Iterable[int]) -> int:
    """Have queue and counts follow some clips (by id) whose state stayed; return the changes.

    Call it in the transaction that gives a clip its recording, or that makes one of its nominations
    a verification clip or no longer one.
    """
    ids = sorted(set(clips))
    by_collection: dict[int, list[int]] = {}
    for pk, collection_id in Clip.objects.filter(pk__in=ids).values_list("pk", "collection_id"):
        by_collection.setdefault(collection_id, []).append(pk)
    return sum(_follow(collection_id, pks) for collection_id, pks in sorted(by_collection.items()))


def _set_state(clip: Clip, state: Clip.State, verb: str, actor: User | None, reason: str) -> bool:
    hold_gate(collection_id=clip.collection_id, alone=True)
    held = Clip.objects.select_for_update(no_key=True).get(pk=clip.pk)
    before = counts_of(_of_clips([clip.pk]))
    if held.state == state:
        return False
    Clip.objects.filter(pk=clip.pk).update(state=state)
    record_event(
        actor=actor,
        verb=verb,
        record=held,
        before={"state": held.state},
        after={"state": state.value, "reason": reason},
    )
    refresh_askable(clips=[clip.pk])
    after = counts_of(_of_clips([clip.pk]))
    change_class_work(collection_id=clip.collection_id, deltas=deltas_between(before, after))
    clip.state = state
    return True


def _follow(collection_id: int, clips: list[int]) -> int:
    hold_gate(collection_id=collection_id, alone=True)
    before = counts_of(_of_clips(clips))
    changed = refresh_askable(clips=clips)
    after = counts_of(_of_clips(clips))
    change_class_work(collection_id=collection_id, deltas=deltas_between(before, after))
    return changed


def _refresh(rows: QuerySet[Nomination]) -> int:
    can_be_heard = Q(clip__state=Clip.State.AVAILABLE, clip__sha256__isnull=False)
    asked = rows.filter(can_be_heard).exclude(gold__is_active=True).order_by().values("pk")
    again = rows.filter(is_askable=False, pk__in=asked).update(is_askable=True)
    return again + rows.filter(is_askable=True).exclude(pk__in=asked).update(is_askable=False)


def _of_clips(clips: list[int]) -> QuerySet[Nomination]:
    return Nomination.objects.filter(clip__in=clips)


def _chunks(values: list[T]) -> Iterator[list[T]]:
    return (values[start : start + BATCH] for start in range(0, len(values), BATCH))
