"""Every change between two releases, with the cause of each changed label."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from datasets_app.domain.releases.label_cause import (
    Cause,
    ChangeKind,
    Explanation,
    LabelChange,
    Said,
    change_kind,
    explain_label,
)
from datasets_app.domain.releases.label_evidence import LabelEvidence, Window
from datasets_app.releases.differences.clip_streams import (
    ReleasedClip,
    released_clips,
    side_by_side,
)
from datasets_app.releases.differences.evidence import Pair, gather_evidence, withdrawn_among
from datasets_app.releases.differences.release_frame import ReleaseFrame, read_frame
from datasets_app.releases.models import Release

CLIPS_AT_ONCE = 300
FROM_OTHERS = (Cause.PROPAGATED, Cause.NO_LONGER_IMPLIED, Cause.CONTRADICTED)
"""Causes that lie in other labels of the clip, which have a cause of their own."""

ClipPair = tuple[ReleasedClip | None, ReleasedClip | None]


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One changed label; ``root`` is why the label it follows from changed, if it follows."""

    fname: str
    mid: str
    before: Said | None
    now: Said | None
    explanation: Explanation
    root: Explanation | None

    @property
    def kind(self) -> ChangeKind:
        """What became of the positive label."""
        return change_kind(self.before and self.before[0], self.now and self.now[0])


@dataclass(frozen=True, slots=True)
class ClipRow:
    """One clip that came, went, or changed its part, with its changed labels."""

    fname: str
    old_part: str | None
    new_part: str | None
    is_withdrawn: bool
    labels: tuple[LabelRow, ...]


class CollectionsDiffer(ValueError):
    """The two releases are not of one collection."""


def changes_between(old: Release, new: Release) -> Iterator[ClipRow]:
    """Yield the clips that two releases of a collection do not say the same of, by fname.

    A label has changed when its state has: a positive label that was propagated and is now rated
    has not.

    Raises
    ------
    CollectionsDiffer
        They are of two collections.
    ReleaseFileError
        A table of either cannot be read.

    Notes
    -----
    Memory: a few hundred clips. Queries: five for every 300 clips that changed.
    """
    if old.collection_id != new.collection_id:
        raise CollectionsDiffer(
            f"Release {old.version} and release {new.version} are of two collections; compare "
            "releases of one."
        )
    frames = read_frame(Path(old.path)), read_frame(Path(new.path))
    pairs = side_by_side(released_clips(frames[0].folder), released_clips(frames[1].folder))
    changed = (pair for pair in pairs if _differs(*pair))
    window = Window(old.created_at, new.created_at)
    while chunk := list(islice(changed, CLIPS_AT_ONCE)):
        yield from _explain(chunk, new, frames, window)


def _differs(before: ReleasedClip | None, now: ReleasedClip | None) -> bool:
    if before is None or now is None or before.part != now.part:
        return True
    return bool(_changed_mids(before, now))


def _changed_mids(before: ReleasedClip | None, now: ReleasedClip | None) -> list[str]:
    old, new = (clip.states if clip else {} for clip in (before, now))
    return sorted(
        mid
        for mid in old.keys() | new.keys()
        if (old[mid][0] if mid in old else None) is not (new[mid][0] if mid in new else None)
    )


def _explain(
    chunk: list[ClipPair], new: Release, frames: tuple[ReleaseFrame, ReleaseFrame], window: Window
) -> Iterator[ClipRow]:
    """Explain the changes of some clips."""
    gone = [before.fname for before, now in chunk if before is not None and now is None]
    withdrawn = withdrawn_among(collection=new.collection, fnames=gone)
    evidence = gather_evidence(collection=new.collection, pairs=_in_question(chunk, frames))
    for before, now in chunk:
        clip = before or now
        assert clip is not None  # noqa: S101 - side_by_side has one or the other  # nosec B101
        explain = _Explainer(before, now, clip.fname in withdrawn, frames, evidence, window)
        yield ClipRow(
            clip.fname,
            before.part if before else None,
            now.part if now else None,
            clip.fname in withdrawn,
            tuple(explain.row(mid) for mid in _changed_mids(before, now)),
        )


def _in_question(
    chunk: list[ClipPair], frames: tuple[ReleaseFrame, ReleaseFrame]
) -> Iterator[Pair]:
    """Yield the pairs whose records may matter: what changed, and what implies it."""
    for before, now in chunk:
        if before is None or now is None:
            continue
        for mid in _changed_mids(before, now):
            yield before.fname, mid
            for frame, clip in zip(frames, (before, now), strict=True):
                yield from ((clip.fname, low) for low in frame.implied_by(mid, clip.direct))


@dataclass(frozen=True, slots=True)
class _Explainer:
    """One clip in both releases, and what is on record of it."""

    before: ReleasedClip | None
    now: ReleasedClip | None
    is_withdrawn: bool
    frames: tuple[ReleaseFrame, ReleaseFrame]
    evidence: dict[Pair, LabelEvidence]
    window: Window

    def row(self, mid: str) -> LabelRow:
        """Return one change of the clip with its cause."""
        clip = self.before or self.now
        assert clip is not None  # noqa: S101 - as above  # nosec B101
        change = self._change(mid)
        known = self.evidence.get((clip.fname, mid))
        found = explain_label(change, known, self.window)
        return LabelRow(clip.fname, mid, change.before, change.now, found, self._root(found))

    def _change(self, mid: str) -> LabelChange:
        old, new = self.frames
        return LabelChange(
            before=self.before.states.get(mid) if self.before else None,
            now=self.now.states.get(mid) if self.now else None,
            is_clip_before=self.before is not None,
            is_clip_now=self.now is not None,
            is_clip_withdrawn=self.is_withdrawn,
            is_class_before=mid in old.vocabulary,
            is_class_now=mid in new.vocabulary,
            merged_into=new.merged_into.get(mid, ()),
            implied_before=old.implied_by(mid, self.before.direct) if self.before else (),
            implied_now=new.implied_by(mid, self.now.direct) if self.now else (),
        )

    def _root(self, found: Explanation) -> Explanation | None:
        """Return why the label that another one follows from changed."""
        if found.cause not in FROM_OTHERS or not found.classes or self.now is None:
            return None
        lower = found.classes[0]
        known = self.evidence.get((self.now.fname, lower))
        return explain_label(_as_rated(self._change(lower)), known, self.window)


def _as_rated(change: LabelChange) -> LabelChange:
    """Ask for people's word alone: a class below may stand outside both vocabularies."""
    return LabelChange(change.before, change.now)
