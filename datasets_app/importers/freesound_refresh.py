"""Sounds that were withdrawn at Freesound are withdrawn here.

A search by number says in one request which of eighty sounds are there. One that is missing from it
may only be missing from the index; so each is asked for by itself, and only Freesound's own "not
found" counts. Silence, faults and other answers never withdraw anything.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.utils import timezone

from datasets_app.clips.models import Clip, Collection
from datasets_app.importers.freesound_api import Freesound, FreesoundRefused, SoundGone
from datasets_app.importers.freesound_sounds import read_sound_id
from datasets_app.nominations.clip_states import withdraw_clip
from datasets_app.people.models import User

AT_ONCE = 80
FEW = 10
LARGEST_SHARE = 0.2
OnProgress = Callable[[int, int], None]


@dataclass(slots=True)
class RefreshSummary:
    """How many sounds were asked for, and the clips that are gone there."""

    n_asked: int = 0
    gone: list[Clip] = field(default_factory=list)


def withdraw_gone_sounds(
    *,
    collection: Collection,
    api: Freesound,
    are_many_allowed: bool = False,
    actor: User | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> RefreshSummary:
    """Withdraw the clips whose sound Freesound no longer has; all is asked before anything is done.

    Raises
    ------
    FreesoundRefused
        Freesound does not accept the key or any more requests today; or more than ``FEW`` clips and
        more than ``LARGEST_SHARE`` of all would go, which looks like a fault, and
        ``are_many_allowed`` is not set. Nothing was withdrawn.
    FreesoundSilent
        Freesound cannot be reached. Nothing was withdrawn.

    Notes
    -----
    Cost: one request for each 80 clips and one for each that seems gone.
    """
    summary = RefreshSummary()
    available = collection.clips.filter(state=Clip.State.AVAILABLE, freesound_id__isnull=False)
    total = available.count()
    for batch in _batches(collection):
        summary.gone += _gone_of(batch, api)
        summary.n_asked += len(batch)
        on_progress(summary.n_asked, total)
    n_gone = len(summary.gone)
    if n_gone > max(FEW, LARGEST_SHARE * summary.n_asked) and not are_many_allowed:
        raise FreesoundRefused(
            f"Freesound says that {n_gone:,} of {summary.n_asked:,} sounds are gone, which looks "
            "like a fault; nothing was withdrawn. Look at some of them there, and if it is so, add "
            "--many."
        )
    for clip in summary.gone:
        reason = f"Freesound has no sound {clip.freesound_id} any more ({timezone.now():%Y-%m-%d})."
        withdraw_clip(clip=clip, actor=actor, reason=reason)
    return summary


def _batches(collection: Collection) -> Iterator[list[Clip]]:
    last = 0
    rows = collection.clips.filter(state=Clip.State.AVAILABLE, freesound_id__isnull=False)
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield batch
        last = batch[-1].pk


def _gone_of(batch: list[Clip], api: Freesound) -> list[Clip]:
    numbers = " OR ".join(str(clip.freesound_id) for clip in batch)
    page = api.search(query="", filters=f"id:({numbers})", page=1, fields="id")
    there = {read_sound_id(raw) for raw in page.results}
    return [clip for clip in batch if clip.freesound_id not in there and _is_gone(clip, api)]


def _is_gone(clip: Clip, api: Freesound) -> bool:
    try:
        api.check_is_there(clip.freesound_id or 0)
    except SoundGone:
        return True
    return False
