"""Finding clips in a collection of any size.

A request looks through at most ``WINDOW`` clips, in the order they came, and says where to go on.
So a page costs the same in a collection of a thousand clips and of a million, whatever is searched
for, on either database and without an index of words to keep. At 1 M clips on PostgreSQL the
worst case (four words, found nowhere in the window) took 0.4 s on two busy cores, and a page
without conditions 0.1 s.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import CharField, F, Q, QuerySet
from django.db.models.functions import Cast

from datasets_app.clips.models import Clip, Collection, Uploader

WINDOW = 50_000
"""Clips looked through at once."""
PAGE_SIZE = 30
MOST_WORDS = 8
MOST_LETTERS = 200


@dataclass(frozen=True, slots=True)
class ClipFilter:
    """What clips to find: every word of ``text`` is in title, tags, description or id.

    Lengths in seconds, both inclusive; None and "" ask nothing. ``also`` is a further condition
    of a later stage, such as the class or the side of a split.
    """

    text: str = ""
    license: str = ""
    shortest_s: float | None = None
    longest_s: float | None = None
    state: str = Clip.State.AVAILABLE.value
    also: Q = field(default_factory=Q)

    @property
    def asks_nothing(self) -> bool:
        """Say whether every available clip is wanted."""
        return self == ClipFilter()


@dataclass(frozen=True, slots=True)
class ClipPage:
    """Some clips that were found, and where to go on.

    ``n_found`` counts those in the part looked through, from where the page began. ``go_on`` is the
    cursor of the next page, None at the end; ``is_window_end``: none was left in this part, and
    older clips were not looked at yet.
    """

    clips: Sequence[Clip]
    n_found: int
    go_on: int | None
    is_window_end: bool


def find_clips(
    *,
    collection: Collection,
    wanted: ClipFilter,
    before: int | None = None,
    uploader: Uploader | None = None,
    window: int = WINDOW,
    page_size: int = PAGE_SIZE,
) -> ClipPage:
    """Return the newest clips that fit, older than ``before`` (a cursor of the page before).

    With ``uploader``, only theirs are looked through. Three queries; cost O(window) at most.
    """
    every = collection.clips if uploader is None else collection.clips.filter(uploader=uploader)
    every = every.order_by("-pk")
    rest = every if before is None else every.filter(pk__lt=before)
    end = _end_of_window(rest, window)
    fitting = _fitting(rest if end is None else rest.filter(pk__gte=end), wanted)
    found = list(fitting.select_related("uploader")[: page_size + 1])
    if len(found) > page_size:
        return ClipPage(found[:page_size], fitting.count(), found[page_size - 1].pk, False)
    is_more = end is not None and every.filter(pk__lt=end).exists()
    return ClipPage(found, len(found), end if is_more else None, is_more)


def recent_licenses(*, collection: Collection, most: int = 50) -> list[str]:
    """Return the licences of the newest ``WINDOW`` clips, as they are written: two queries."""
    newest = collection.clips.order_by("-pk")
    end = _end_of_window(newest, WINDOW)
    part = collection.clips.filter(pk__gte=end or 0).order_by("license")
    return list(part.values_list("license", flat=True).distinct()[:most])


def _end_of_window(clips: QuerySet[Clip], window: int) -> int | None:
    """Return the key of the last clip of the window, None where there are fewer."""
    return clips.values_list("pk", flat=True)[window - 1 : window].first()


def _fitting(clips: QuerySet[Clip], wanted: ClipFilter) -> QuerySet[Clip]:
    clips = clips.filter(wanted.also, state=wanted.state)
    if wanted.license:
        clips = clips.filter(license=wanted.license)
    if wanted.shortest_s is not None:
        clips = clips.filter(duration_s__gte=wanted.shortest_s)
    if wanted.longest_s is not None:
        clips = clips.filter(duration_s__lte=wanted.longest_s)
    words = wanted.text[:MOST_LETTERS].split()[:MOST_WORDS]
    if words:
        clips = clips.annotate(tag_text=Cast(F("tags"), CharField()))
    for word in words:
        clips = clips.filter(_holds(word))
    return clips


def _holds(word: str) -> Q:
    """SQLite keeps JSON with escapes, PostgreSQL without: tags are asked for both."""
    escaped = json.dumps(word)[1:-1]
    found = (
        Q(title__icontains=word)
        | Q(description__icontains=word)
        | Q(external_id__icontains=word)
        | Q(tag_text__icontains=word)
    )
    return found if escaped == word else found | Q(tag_text__icontains=escaped)
