"""What a class's keyword rules would nominate if they were as someone edits them now."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.keyword_rules import parse_keyword_rules
from datasets_app.domain.nominations.mapping_precision import (
    ClipRating,
    Precision,
    Stratum,
    draw_sample,
    mapping_precision,
    stratum_precision,
)
from datasets_app.domain.nominations.nomination import KeywordRules
from datasets_app.nominations.mapping_state import (
    mapping_state,
    nomination_fields,
    rules_of_others,
    word_index,
)
from datasets_app.nominations.rule_models import MappingRating
from datasets_app.ontology.models import SoundClass

IntArray = NDArray[np.int64]
SAMPLE = 12
MOST_ALTERNATIVES, MOST_WORDS, LONGEST_WORD = 200, 8, 100


@dataclass(frozen=True, slots=True)
class TrialAlternative:
    """One alternative at work.

    It matches ``n_matched`` clips and speaks for ``n_clips`` of what would be nominated: where
    several match, the one with most words speaks, the earliest of these.
    """

    words: tuple[str, ...]
    n_matched: int
    n_clips: int
    precision: Precision


@dataclass(frozen=True, slots=True)
class MappingTrial:
    """What the rules would nominate.

    ``n_added``, ``n_withdrawn`` and ``n_kept`` compare with what is nominated now; of those kept,
    ``n_held_anyway`` are not matched and stay because they have an answer or another origin.
    ``n_implied`` clips match and hold a more specific class instead, ``n_vetoed`` have a veto.
    ``n_unsure`` ratings say nothing of the precision. ``clip_ids`` (n,) and ``best`` (n,), the
    alternative that speaks for each, are what ``draw_trial_sample`` draws from.
    """

    alternatives: tuple[TrialAlternative, ...]
    precision: Precision
    n_clips: int
    n_added: int
    n_withdrawn: int
    n_kept: int
    n_held_anyway: int
    n_implied: int
    n_vetoed: int
    n_unsure: int
    n_indexed: int
    clip_ids: IntArray
    best: IntArray
    hearable: NDArray[np.bool_]


def check_rules(
    *, sound_class: SoundClass, keywords: object, vetoes: object
) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Return rules that came from outside, once they are known to be rules.

    Raises
    ------
    RuleError
        They have another form, a word has no letter or digit, or there are too many.
    """
    entry = {"name": sound_class.name, "keywords": keywords, "omit_keywords": vetoes}
    found = parse_keyword_rules({sound_class.mid: entry})[sound_class.mid]
    words = [word for item in found.keywords for word in item] + list(found.omit_keywords)
    if (longest := max((len(word) for word in words), default=0)) > LONGEST_WORD:
        raise RuleError(
            f"Received a keyword of {longest} characters; give {LONGEST_WORD} or fewer."
        )
    if len(found.keywords) > MOST_ALTERNATIVES or len(found.omit_keywords) > MOST_ALTERNATIVES:
        raise RuleError(
            f"Received {len(found.keywords)} alternatives and {len(found.omit_keywords)} vetoes; "
            f"give at most {MOST_ALTERNATIVES} of each."
        )
    if any(len(item) > MOST_WORDS for item in found.keywords):
        raise RuleError(f"An alternative has more than {MOST_WORDS} words; give fewer.")
    if odd := next((word for word in words if not word.isprintable()), None):
        raise RuleError(f"Received keyword {odd!r}, which cannot be printed; write it anew.")
    return found.keywords, found.omit_keywords


def try_rules(
    *, collection: Collection, sound_class: SoundClass, rules: KeywordRules
) -> MappingTrial:
    """Say what the rules would nominate and how precise that is, by the ratings so far.

    Nothing is written. The rules of all other classes, and their nominations, are taken as they
    are.

    Notes
    -----
    Ratings are of clip and class, so those given to other versions of the rules count here too:
    each in the alternative that speaks for its clip now, and each alternative by its clips now;
    see ``mapping_precision``. Cost: see ``WordIndex``; 40,000 clips answer in 60 to 90 ms once
    their words are read, of which 5 to 40 ms are the words' (at 300,000 clips 40 ms).
    """
    fields = nomination_fields(collection=collection)
    index = word_index(collection=collection, fields=fields)
    found = index.match(rules, others=rules_of_others(sound_class=sound_class))
    state = mapping_state(collection=collection, sound_class=sound_class)
    usable = ~np.isin(found.clip_ids, state.unusable)
    implied = usable & np.isin(found.clip_ids, state.implied)
    stays = usable & (~implied | np.isin(found.clip_ids, state.voted))
    clip_ids, best = found.clip_ids[stays], found.best[stays]
    held_anyway = np.setdiff1d(
        np.union1d(
            state.voted,
            np.setdiff1d(np.setdiff1d(state.held, state.by_keyword), state.implied),
        ),
        clip_ids,
    )
    n_kept = int(np.isin(state.held, clip_ids).sum()) + held_anyway.size
    rated = _Ratings(collection, sound_class)
    strata = [rated.stratum(clip_ids[best == j]) for j in range(len(rules[0]))]
    return MappingTrial(
        alternatives=tuple(
            TrialAlternative(
                tuple(words),
                int(found.n_by_alternative[j]),
                strata[j].n_clips,
                stratum_precision(strata[j]),
            )
            for j, words in enumerate(rules[0])
        ),
        precision=mapping_precision(strata),
        n_clips=clip_ids.size,
        n_added=int((~np.isin(clip_ids, state.held)).sum()),
        n_withdrawn=state.held.size - n_kept,
        n_kept=n_kept,
        n_held_anyway=held_anyway.size,
        n_implied=int((implied & ~stays).sum()),
        n_vetoed=found.n_vetoed,
        n_unsure=rated.n_unsure(clip_ids),
        n_indexed=len(index),
        clip_ids=clip_ids,
        best=best,
        hearable=~np.isin(clip_ids, state.silent),
    )


@dataclass(frozen=True, slots=True)
class SampledClip:
    """A clip of the sample, the alternative that speaks for it, and its rating, "" if none."""

    clip: Clip
    words: tuple[str, ...]
    rating: str
    is_new: bool

    @property
    def words_json(self) -> str:
        """The words as a page's script takes them back."""
        return json.dumps(self.words)


def draw_trial_sample(
    *,
    collection: Collection,
    sound_class: SoundClass,
    trial: MappingTrial,
    seed: int,
    only: int | None = None,
    n_wanted: int = SAMPLE,
) -> list[SampledClip]:
    """Return clips with a recording, drawn at random within each alternative, in random order.

    ``only`` is the position of the one alternative to draw from. Clips that were rated may be
    drawn again: so the rated ones stay a random part of each alternative.
    """
    wanted = range(len(trial.alternatives)) if only is None else (only,)
    strata = [trial.clip_ids[(trial.best == j) & trial.hearable] for j in wanted]
    drawn = draw_sample(strata, n_wanted, seed=seed)
    clips = collection.clips.select_related("uploader").in_bulk(drawn)
    rated = dict(
        MappingRating.objects.filter(sound_class=sound_class, clip__in=drawn).values_list(
            "clip_id", "rating"
        )
    )
    state = mapping_state(collection=collection, sound_class=sound_class)
    position = dict(zip(trial.clip_ids.tolist(), trial.best.tolist(), strict=True))
    return [
        SampledClip(
            clip=clips[pk],
            words=trial.alternatives[position[pk]].words,
            rating=rated.get(pk, ""),
            is_new=not bool(np.isin(pk, state.held)),
        )
        for pk in drawn
        if pk in clips
    ]


class _Ratings:
    """The ratings of a class in a collection, by clip."""

    def __init__(self, collection: Collection, sound_class: SoundClass) -> None:
        rows = MappingRating.objects.filter(sound_class=sound_class, clip__collection=collection)
        pairs = list(rows.values_list("clip_id", "rating"))
        self._ids = {
            rating: _array([pk for pk, given in pairs if given == rating.value])
            for rating in ClipRating
        }

    def stratum(self, clip_ids: IntArray) -> Stratum:
        """Count the ratings among some clips."""
        return Stratum(
            n_clips=clip_ids.size,
            n_present=self._count(clip_ids, ClipRating.PRESENT),
            n_absent=self._count(clip_ids, ClipRating.ABSENT),
        )

    def n_unsure(self, clip_ids: IntArray) -> int:
        """Count those nobody could tell."""
        return self._count(clip_ids, ClipRating.UNSURE)

    def _count(self, clip_ids: IntArray, rating: ClipRating) -> int:
        return int(np.isin(self._ids[rating], clip_ids).sum())


def _array(ids: Sequence[int]) -> IntArray:
    return np.asarray(ids, np.int64)
