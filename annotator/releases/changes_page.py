"""What changed between two releases: counts by cause, and the changes clip by clip."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from sqlite3 import Connection
from typing import Any
from urllib.parse import urlencode

from django.utils.functional import Promise

from annotator.releases.words import CAUSES, CLIP_CHANGES, KINDS, STATES
from datasets_app.clips.models import Clip
from datasets_app.domain.releases.label_cause import Cause, ChangeKind
from datasets_app.ontology.models import SoundClass
from datasets_app.releases.differences.selectors import (
    ChangedClip,
    ChangedLabel,
    Explained,
    Wanted,
    changed_clips,
    changed_labels,
    count_causes,
    count_classes,
    count_clips,
    count_kinds,
)
from datasets_app.releases.models import Release
from datasets_app.releases.reading import read_vocabulary

PER_PAGE = 40
CLASSES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Filter:
    """What is shown: changed labels of a kind, cause and class, or clips that came or went."""

    wanted: Wanted
    clips: str
    after: int

    def query(self, **changed: Any) -> str:
        """Return the filter, with some of it changed, as the end of an address."""
        wanted = self.wanted
        asked = {
            "kind": wanted.kind,
            "cause": wanted.cause,
            "class": wanted.mid,
            "clips": self.clips,
        }
        return urlencode({name: value for name, value in (asked | changed).items() if value})


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter with how many changes have it, and the address that chooses it."""

    name: Promise | str
    n: int
    query: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ShownCause:
    """Why a label changed, in words and answers."""

    words: Promise | str
    classes: list[str]
    found: Explained

    @property
    def given(self) -> list[tuple[str, int]]:
        """New answers, how often each."""
        return sorted(Counter(self.found.given).items())

    @property
    def dropped(self) -> list[tuple[str, int]]:
        """Answers replaced or taken back, how often each."""
        return sorted(Counter(self.found.dropped).items())

    @property
    def set_aside(self) -> list[tuple[str, int]]:
        """Answers that count no more, how often each."""
        return sorted(Counter(self.found.set_aside).items())


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One changed label of a clip; ``root`` is why the label it follows from changed."""

    kind: ChangeKind
    kind_in_words: Promise | str
    name: str
    mid: str
    before: Promise | str
    now: Promise | str
    cause: ShownCause
    root: ShownCause | None


@dataclass(frozen=True, slots=True)
class ShownClip:
    """A clip with what changed of it; ``clip`` is None where it is not on record any more."""

    fname: str
    clip: Clip | None
    row: ChangedClip | None
    changes: list[ShownChange]

    @property
    def can_be_heard(self) -> bool:
        """Say whether there is sound to play."""
        clip = self.clip
        return clip is not None and clip.has_recording and clip.state == Clip.State.AVAILABLE


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """The page from top to bottom."""

    old: Release
    new: Release
    asked: Filter
    n_clips: dict[str, int]
    n_labels: dict[str, int]
    classes_added: list[str]
    classes_removed: list[str]
    kinds: list[Choice]
    causes: list[Choice]
    classes: list[Choice]
    clip_changes: list[Choice]
    chosen_class: str
    rows: list[ShownClip]
    go_on: str


def read_filter(asked: Mapping[str, str]) -> Filter:
    """Read what an address asks for; what it does not know it leaves out."""
    kind = asked.get("kind", "") if asked.get("kind") in list(ChangeKind) else ""
    cause = asked.get("cause", "") if asked.get("cause") in list(Cause) else ""
    clips = asked.get("clips", "") if asked.get("clips") in CLIP_CHANGES else ""
    after = asked.get("after", "")
    place = int(after) if after.isascii() and after.isdigit() and len(after) < 16 else 0
    return Filter(Wanted(kind, cause, asked.get("class", "")[:200]), clips, place)


def changes_page(database: Connection, old: Release, new: Release, asked: Filter) -> ChangesPage:
    """Gather the page; its cost grows with what it shows, not with the difference."""
    before, now = (read_vocabulary(Path(r.path)) for r in (old, new))
    names = _names(new, {**before, **now})
    n_clips, n_labels = count_clips(database), count_kinds(database)
    rows, go_on = _rows(database, new, asked, names)
    return ChangesPage(
        old=old,
        new=new,
        asked=asked,
        n_clips=n_clips,
        n_labels=n_labels,
        classes_added=sorted(names.get(m, m) for m in now.keys() - before.keys()),
        classes_removed=sorted(names.get(m, m) for m in before.keys() - now.keys()),
        kinds=_kinds(n_labels, asked),
        causes=_causes(database, asked),
        classes=_classes(database, asked, names),
        clip_changes=[
            Choice(CLIP_CHANGES[what], n, urlencode({"clips": what}), asked.clips == what)
            for what, n in n_clips.items()
            if n
        ],
        chosen_class=names.get(asked.wanted.mid, asked.wanted.mid),
        rows=rows,
        go_on=go_on,
    )


def _names(release: Release, released: dict[str, str]) -> dict[str, str]:
    """Return what classes are called, also those that are in neither vocabulary: one query."""
    classes = SoundClass.objects.filter(ontology=release.collection.ontology_id)
    return released | dict(classes.values_list("mid", "name"))


def _kinds(n_labels: dict[str, int], asked: Filter) -> list[Choice]:
    return [
        Choice(
            words,
            n_labels[kind.value],
            asked.query(kind=kind.value, cause="", clips=""),
            asked.wanted.kind == kind and not asked.clips,
        )
        for kind, words in KINDS.items()
    ]


def _causes(database: Connection, asked: Filter) -> list[Choice]:
    found = count_causes(database, kind=asked.wanted.kind, mid=asked.wanted.mid)
    return [
        Choice(
            CAUSES[cause],
            n,
            asked.query(cause="" if asked.wanted.cause == cause else cause.value, clips=""),
            asked.wanted.cause == cause,
        )
        for cause, n in found
    ]


def _classes(database: Connection, asked: Filter, names: dict[str, str]) -> list[Choice]:
    counts = {mid: sum(found.values()) for mid, found in count_classes(database).items()}
    most = sorted(counts, key=lambda mid: (-counts[mid], names.get(mid, mid)))[:CLASSES_SHOWN]
    return [
        Choice(
            names.get(mid, mid),
            counts[mid],
            asked.query(**{"class": "" if asked.wanted.mid == mid else mid, "clips": ""}),
            asked.wanted.mid == mid,
        )
        for mid in most
    ]


def _rows(
    database: Connection, new: Release, asked: Filter, names: dict[str, str]
) -> tuple[list[ShownClip], str]:
    """Return a page of clips with their changes, and how its address goes on."""
    most = PER_PAGE + 1
    found: list[ChangedClip] | list[ChangedLabel]
    if asked.clips:
        found = list(changed_clips(database, asked.clips, after=asked.after, most=most))
    else:
        found = list(changed_labels(database, asked.wanted, after=asked.after, most=most))
    page = found[:PER_PAGE]
    go_on = asked.query(after=page[-1].pk) if len(found) > PER_PAGE else ""
    fnames = {row.fname for row in page}
    clips = new.collection.clips.filter(external_id__in=fnames).select_related("uploader")
    by_fname = {clip.external_id: clip for clip in clips}
    return [
        _shown_clip(fname, by_fname.get(fname), list(rows), names)
        for fname, rows in groupby(page, key=lambda row: row.fname)
    ], go_on


def _shown_clip(
    fname: str,
    clip: Clip | None,
    rows: list[ChangedClip | ChangedLabel],
    names: dict[str, str],
) -> ShownClip:
    first = rows[0] if isinstance(rows[0], ChangedClip) else None
    changes = [_shown_change(row, names) for row in rows if isinstance(row, ChangedLabel)]
    return ShownClip(fname, clip, first, changes)


def _shown_change(row: ChangedLabel, names: dict[str, str]) -> ShownChange:
    return ShownChange(
        row.kind,
        KINDS[row.kind],
        names.get(row.mid, row.mid),
        row.mid,
        STATES[row.old_state],
        STATES[row.new_state],
        _shown_cause(row.found, names),
        _shown_cause(row.root, names) if row.root else None,
    )


def _shown_cause(found: Explained, names: dict[str, str]) -> ShownCause:
    return ShownCause(CAUSES[found.cause], [names.get(mid, mid) for mid in found.classes], found)
