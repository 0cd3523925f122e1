"""What a trial of keyword rules is held against: the clips' words, and what is nominated now."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import snowballstemmer
from django.core.cache import cache
from django.db.models import Count, Max, Q
from numpy.typing import NDArray

from datasets_app.audit.models import AuditEvent
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.nominations.nomination import KeywordRules
from datasets_app.domain.nominations.word_index import WordIndex
from datasets_app.domain.nominations.words import FIELDS, ClipText
from datasets_app.nominations.matching import DEFAULT_FIELDS
from datasets_app.nominations.models import Nomination
from datasets_app.ontology.models import Closure, SoundClass

IntArray = NDArray[np.int64]
INDEXES_KEPT = 4
STATE_KEPT_S = 20
CLIPS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class MappingState:
    """What stands of one class in a collection; clip ids, each array ascending.

    ``held`` are nominated now: ``voted`` have an answer, ``by_keyword`` come from the rules.
    ``implied`` hold a nomination of a class that implies this one. ``unusable`` are withdrawn, or
    too short or long; ``silent`` have no recording.
    """

    held: IntArray
    voted: IntArray
    by_keyword: IntArray
    implied: IntArray
    unusable: IntArray
    silent: IntArray


class _Indexes:
    """The word indexes of this process, the least used dropped first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], tuple[WordIndex, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, collection: Collection, fields: tuple[str, ...]) -> WordIndex:
        there = collection.clips.aggregate(newest=Max("pk"), n=Count("pk"))
        newest, key = there["newest"] or 0, (collection.uuid, fields)
        with self._lock:
            index, last = self._kept.pop(key, (_empty(fields), 0))
            if newest > last:
                _extend(index, collection, fields, last)
            if len(index) != there["n"]:  # clips were deleted
                index = _empty(fields)
                _extend(index, collection, fields, 0)
            self._kept[key] = (index, newest)
            while len(self._kept) > INDEXES_KEPT:
                self._kept.popitem(last=False)
            return index


def _empty(fields: tuple[str, ...]) -> WordIndex:
    return WordIndex(stem=snowballstemmer.stemmer("porter").stemWord, fields=fields)


_INDEXES = _Indexes()


def word_index(*, collection: Collection, fields: tuple[str, ...]) -> WordIndex:
    """Return the words of every clip of the collection, withdrawn ones too.

    The first call of a process reads them all (40,000 clips: 5 s on a busy machine of two cores),
    as does one after clips were deleted; later calls read what was added since. 300,000 clips take
    some 60 MB. Texts that were edited after that are seen anew by the next process; what is written
    is always held against the texts on record.
    """
    return _INDEXES.get(collection, fields)


def nomination_fields(*, collection: Collection) -> tuple[str, ...]:
    """Return the fields that the collection was last nominated by, else the usual ones."""
    events = AuditEvent.objects.filter(
        record_type="collection", record_id=str(collection.pk), verb="nominate_labels"
    )
    last = events.order_by("-pk").values_list("after", flat=True).first() or {}
    fields = tuple(name for name in last.get("fields", DEFAULT_FIELDS) if name in FIELDS)
    return fields or DEFAULT_FIELDS


def mapping_state(*, collection: Collection, sound_class: SoundClass) -> MappingState:
    """Return what stands of a class, as of at most ``STATE_KEPT_S`` seconds ago."""
    key = _state_key(collection, sound_class)
    state: MappingState | None = cache.get(key)
    if state is None:
        state = _read_state(collection, sound_class)
        cache.set(key, state, STATE_KEPT_S)
    return state


def forget_state(*, collection: Collection, sound_class: SoundClass) -> None:
    """Have the next call read the records."""
    cache.delete(_state_key(collection, sound_class))


def rules_of_others(*, sound_class: SoundClass) -> list[KeywordRules]:
    """Return the rules of the ontology's other classes that may be nominated."""
    usable = sound_class.ontology.classes.filter(is_abstract=False, is_omitted=False)
    rows = usable.exclude(pk=sound_class.pk).exclude(keywords=[])
    return list(rows.values_list("keywords", "omit_keywords"))


def _state_key(collection: Collection, sound_class: SoundClass) -> str:
    return f"harken.mapping.{collection.uuid}.{sound_class.pk}"


def _read_state(collection: Collection, sound_class: SoundClass) -> MappingState:
    available = Nomination.objects.filter(
        clip__collection=collection, clip__state=Clip.State.AVAILABLE
    )
    of_class = available.filter(sound_class=sound_class)
    below = Closure.objects.filter(ancestor=sound_class, propagates=True).exclude(
        descendant=sound_class
    )
    implying = available.filter(sound_class__in=below.values("descendant"))
    clips = collection.clips
    lasting = Q(duration_s__lt=collection.shortest_s) | Q(duration_s__gt=collection.longest_s)
    return MappingState(
        held=_ids(of_class.values_list("clip_id", flat=True)),
        voted=_ids(of_class.filter(votes__isnull=False).values_list("clip_id", flat=True)),
        by_keyword=_ids(
            of_class.filter(origin=Nomination.Origin.KEYWORD).values_list("clip_id", flat=True)
        ),
        implied=_ids(implying.values_list("clip_id", flat=True)),
        unusable=_ids(
            clips.filter(lasting | Q(state=Clip.State.WITHDRAWN)).values_list("pk", flat=True)
        ),
        silent=_ids(clips.filter(sha256__isnull=True).values_list("pk", flat=True)),
    )


def _ids(rows: Any) -> IntArray:
    return np.unique(np.fromiter(rows.order_by().iterator(), np.int64))


def _extend(index: WordIndex, collection: Collection, fields: tuple[str, ...], last: int) -> None:
    """Add the clips above ``last``, in the order of their ids."""
    read = [name for name in FIELDS if name in fields]
    rows = collection.clips.order_by("pk").values_list("pk", *read)
    while found := list(rows.filter(pk__gt=last)[:CLIPS_AT_ONCE]):
        last = found[-1][0]
        texts = [
            ClipText(**{"tags": (), **dict(zip(read, words, strict=True))}) for _, *words in found
        ]
        index.add([pk for pk, *_ in found], texts)
