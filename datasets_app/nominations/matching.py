"""The keyword rules of a collection, and its clips as text to hold against them."""

from collections.abc import Collection as Several
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import snowballstemmer

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.nominations.nomination import (
    DurationBounds,
    KeywordMatcher,
    KeywordRules,
)
from datasets_app.domain.nominations.words import FIELDS, ClipText
from datasets_app.ontology.selectors import propagating_ancestors

DEFAULT_FIELDS = ("tags", "title")
BATCH = 2000


@dataclass(frozen=True, slots=True)
class ClipBatch:
    """Some available clips; ``texts`` holds the words of those within the duration bounds."""

    clip_ids: list[int]
    texts: dict[int, ClipText]


def keyword_rules(*, collection: Collection) -> dict[str, KeywordRules]:
    """Return, by mid, the rules of the classes that may be nominated and have any."""
    usable = collection.ontology.classes.filter(is_abstract=False, is_omitted=False)
    rows = usable.order_by("pk").values_list("mid", "keywords", "omit_keywords")
    return {mid: (keywords, vetoes) for mid, keywords, vetoes in rows if keywords}


def keyword_matcher(*, rules: dict[str, KeywordRules], fields: Several[str]) -> KeywordMatcher:
    """Return the matcher of these rules with Porter's stemmer.

    Raises
    ------
    RuleError
        A rule has no word, or a field is none of tags, title and description.
    """
    stem = snowballstemmer.stemmer("porter").stemWord
    return KeywordMatcher(rules, stem=stem, fields=fields)


def ancestor_mids(*, collection: Collection) -> dict[str, set[str]]:
    """Return, by mid, the mids that a label of the class implies."""
    mids = dict(collection.ontology.classes.values_list("pk", "mid"))
    rows = propagating_ancestors(ontology=collection.ontology)
    return {mids[child]: {mids[a] for a in ancestors} for child, ancestors in rows.items()}


def stream_clips(*, collection: Collection, fields: Several[str]) -> Iterator[ClipBatch]:
    """Return the collection's available clips, ``BATCH`` at a time, with these fields.

    It goes on from the last key: an offset would count all rows before it, each time.
    """
    rows = _rows(collection, fields)
    last = 0
    while found := list(rows.filter(pk__gt=last)[:BATCH]):
        last = found[-1][0]
        yield _batch(collection, fields, found)


def read_clips(
    *, collection: Collection, clip_ids: Several[int], fields: Several[str]
) -> ClipBatch:
    """Return those of the clips that are available, with these fields."""
    return _batch(collection, fields, list(_rows(collection, fields).filter(pk__in=clip_ids)))


def _rows(collection: Collection, fields: Several[str]) -> Any:
    clips = collection.clips.filter(state=Clip.State.AVAILABLE).order_by("pk")
    return clips.values_list("pk", "duration_s", *_read(fields))


def _batch(collection: Collection, fields: Several[str], found: list[Any]) -> ClipBatch:
    bounds, read = DurationBounds(collection.shortest_s, collection.longest_s), _read(fields)
    return ClipBatch(
        clip_ids=[pk for pk, *_ in found],
        texts={
            pk: ClipText(**{"tags": (), **dict(zip(read, words, strict=True))})
            for pk, duration_s, *words in found
            if duration_s is None or bounds.admits(duration_s)
        },
    )


def _read(fields: Several[str]) -> list[str]:
    return [name for name in FIELDS if name in fields]
