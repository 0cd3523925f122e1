"""Groups the clips of a collection that hold the same sound, by their acoustic fingerprints."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from datasets_app.audit.services import record_event
from datasets_app.clips.media import FINGERPRINT, clip_folder
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.clips.near_duplicates import duplicate_groups, name_groups
from datasets_app.people.models import User

BATCH = 1000
SHOWN_EVERY = 200


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Clips that hold the same sound, by external id, and who published them."""

    name: str
    clip_ids: tuple[str, ...]
    uploaders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DuplicatesSummary:
    """What was found; ``n_changed`` clips have another group than before.

    ``n_without_fingerprint`` clips could not be compared: they came as metadata alone, or were
    taken in before there were fingerprints.
    """

    groups: tuple[DuplicateGroup, ...]
    n_clips: int
    n_without_fingerprint: int
    n_changed: int

    @property
    def n_grouped(self) -> int:
        """Clips that have near-duplicates."""
        return sum(len(group.clip_ids) for group in self.groups)


def group_duplicates(
    *,
    collection: Collection,
    afresh: bool = False,
    actor: User | None = None,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> DuplicatesSummary:
    """Write on every clip the group of near-duplicates that it is in.

    Groups from before stay as they are, under their name, and may only grow or merge; ``afresh``
    forgets them. Withdrawn clips are compared too, so that a group does not fall apart when one
    drops out. Harmless to repeat.

    Raises
    ------
    ValueError
        A fingerprint in the media folder is damaged.

    Notes
    -----
    Source: DESIGN §3, near-duplicates count as one uploader. Cost: two queries, one small file a
    clip, then ``duplicate_groups``; about 5 kB of memory for each second of sound.
    """
    clips = sorted(
        collection.clips.select_related("uploader").only(
            "external_id", "sha256", "duplicate_group", "uploader__name"
        ),
        key=lambda clip: clip.external_id,
    )
    prints: list[NDArray[np.uint32]] = []
    n_without = 0
    for done, clip in enumerate(clips, start=1):
        found = read_fingerprint(clip)
        n_without += found is None
        prints.append(np.empty(0, dtype=np.uint32) if found is None else found)
        if done % SHOWN_EVERY == 0 or done == len(clips):
            on_progress(done, len(clips))
    names = name_groups(
        duplicate_groups(prints).tolist(),
        [clip.external_id for clip in clips],
        [None if afresh else clip.duplicate_group for clip in clips],
    )
    n_changed = _write_groups(collection, clips, names, actor)
    return DuplicatesSummary(_describe(clips), len(clips), n_without, n_changed)


def read_fingerprint(clip: Clip) -> NDArray[np.uint32] | None:
    """Return a clip's fingerprint; None if it has none, empty if it is silent or too short.

    Raises
    ------
    ValueError
        The file is damaged.
    """
    if clip.sha256 is None:
        return None
    try:
        content = (clip_folder(clip.sha256) / FINGERPRINT).read_bytes()
    except FileNotFoundError:
        return None
    if len(content) % 4:
        raise ValueError(
            f"The fingerprint of clip {clip.external_id} has {len(content)} bytes, which is no "
            "multiple of 4; restore the media folder or ingest the clip's folder again."
        )
    return np.frombuffer(content, dtype="<u4").astype(np.uint32)


@transaction.atomic
def _write_groups(
    collection: Collection, clips: list[Clip], names: list[str | None], actor: User | None
) -> int:
    changed = []
    for clip, name in zip(clips, names, strict=True):
        if clip.duplicate_group != name:
            clip.duplicate_group = name
            changed.append(clip)
    if changed:
        Clip.objects.bulk_update(changed, ["duplicate_group"], batch_size=BATCH)
        after = {"n_changed": len(changed), "n_groups": len(set(names) - {None})}
        record_event(actor=actor, verb="group_duplicates", record=collection, after=after)
    return len(changed)


def _describe(clips: list[Clip]) -> tuple[DuplicateGroup, ...]:
    members: dict[str, list[Clip]] = {}
    for clip in clips:
        if clip.duplicate_group is not None:
            members.setdefault(clip.duplicate_group, []).append(clip)
    return tuple(
        DuplicateGroup(
            name,
            tuple(clip.external_id for clip in members[name]),
            tuple(sorted({clip.uploader.name for clip in members[name]})),
        )
        for name in sorted(members)
    )
