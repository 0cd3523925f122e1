"""Changes the keyword rules of a class, and takes its nominations along."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from datasets_app.audit.services import record_event
from datasets_app.clips.models import Clip, Collection
from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.keyword_rules import ClassRules
from datasets_app.domain.nominations.mapping_precision import ClipRating, Precision
from datasets_app.domain.nominations.nomination import KeywordRules
from datasets_app.nominations.mapping_state import (
    forget_state,
    mapping_state,
    nomination_fields,
    rules_of_others,
    word_index,
)
from datasets_app.nominations.rule_models import MappingRating, RuleRevision
from datasets_app.nominations.services import renominate_clips
from datasets_app.ontology.models import Closure, SoundClass
from datasets_app.ontology.services import update_ontology
from datasets_app.ontology.source_files import OntologySource
from datasets_app.people.models import User

CLIPS_AT_ONCE = 1000


def rules_fingerprint(rules: KeywordRules) -> str:
    """Return a short name of exactly these rules, to notice that someone else changed them.

    >>> rules_fingerprint(([["dog"]], [])) == rules_fingerprint(((("dog",),), ()))
    True
    """
    keywords, vetoes = rules
    written = json.dumps([[list(item) for item in keywords], list(vetoes)])
    return hashlib.sha256(written.encode()).hexdigest()[:16]


@transaction.atomic
def rate_mapping(
    *,
    sound_class: SoundClass,
    clip: Clip,
    rating: ClipRating | None,
    rule: Sequence[str] = (),
    actor: User,
) -> None:
    """Note whether the class sounds in a clip of a trial; None takes the rating back."""
    if rating is None:
        MappingRating.objects.filter(sound_class=sound_class, clip=clip).delete()
        return
    MappingRating.objects.update_or_create(
        sound_class=sound_class,
        clip=clip,
        defaults={"rating": rating.value, "rule": list(rule), "rated_by": actor},
    )


@transaction.atomic
def change_rules(
    *,
    collection: Collection,
    sound_class: SoundClass,
    rules: KeywordRules,
    known: str,
    actor: User | None,
    precision: Precision | None = None,
    undoes: RuleRevision | None = None,
) -> RuleRevision:
    """Make these the rules of the class; ``follow_rules`` then brings the nominations along.

    ``known`` is the fingerprint of the rules that the change began from.

    Raises
    ------
    RuleError
        The rules were changed by someone else meanwhile, are the same as before, or no matcher
        takes them.
    """
    held = SoundClass.objects.select_for_update().get(pk=sound_class.pk)
    former = (held.keywords, held.omit_keywords)
    keywords, vetoes = [list(item) for item in rules[0]], list(rules[1])
    if rules_fingerprint(former) != known:
        raise RuleError(
            f"The rules of {held.name} were changed since you opened them; load the page anew and "
            "make your change there."
        )
    if rules_fingerprint((keywords, vetoes)) == known:
        raise RuleError(f"These are the rules that {held.name} has; change one, then apply.")
    entry = ClassRules(held.name, tuple(tuple(item) for item in keywords), tuple(vetoes))
    source = OntologySource(rules_fingerprint(rules), keywords={held.mid: entry})
    update_ontology(ontology=collection.ontology, source=source, actor=actor)
    sound_class.refresh_from_db()
    revision = RuleRevision.objects.create(
        sound_class=sound_class,
        collection=collection,
        keywords=keywords,
        omit_keywords=vetoes,
        former_keywords=former[0],
        former_omit_keywords=former[1],
        undoes=undoes,
        precision={} if precision is None else _as_json(precision),
        made_by=actor,
    )
    forget_state(collection=collection, sound_class=sound_class)
    revision.n_clips = affected_clips(revision=revision).size
    revision.save(update_fields=["n_clips"])
    return revision


def undo_rules(*, revision: RuleRevision, actor: User | None) -> RuleRevision:
    """Give a class the rules back that it had before a change; else as ``change_rules``.

    Raises
    ------
    RuleError
        The rules were changed again after it.
    """
    return change_rules(
        collection=revision.collection,
        sound_class=revision.sound_class,
        rules=(revision.former_keywords, revision.former_omit_keywords),
        known=rules_fingerprint((revision.keywords, revision.omit_keywords)),
        actor=actor,
        undoes=revision,
    )


def affected_clips(*, revision: RuleRevision) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the clips that the new rules match or that hold the class now; ids, ascending."""
    collection, sound_class = revision.collection, revision.sound_class
    index = word_index(collection=collection, fields=nomination_fields(collection=collection))
    found = index.match(
        (revision.keywords, revision.omit_keywords),
        others=rules_of_others(sound_class=sound_class),
    )
    state = mapping_state(collection=collection, sound_class=sound_class)
    return np.union1d(found.clip_ids, state.held)


@transaction.atomic
def follow_rules(*, revision: RuleRevision, n_clips: int = CLIPS_AT_ONCE) -> RuleRevision:
    """Bring the nominations of the next clips to the rules of the class.

    Called again and again until ``finished_at`` is set; interrupted, it goes on where it was.
    Nominations with an answer stay. A class's propagating ancestors follow with it: one that gave
    way to the class comes back where the class goes, and the other way round. Of several changes of
    a class only the latest is followed; it takes the nominations of the former ones along.
    """
    revision = RuleRevision.objects.select_for_update().get(pk=revision.pk)
    if revision.finished_at is not None:
        return revision
    collection, sound_class = revision.collection, revision.sound_class
    later = RuleRevision.objects.filter(sound_class=sound_class, pk__gt=revision.pk)
    waiting: list[int] = []
    if not later.exists():
        forget_state(collection=collection, sound_class=sound_class)
        affected = affected_clips(revision=revision)
        waiting = affected[affected > revision.next_clip].tolist()
    _follow(revision, waiting[:n_clips])
    if len(waiting) <= n_clips:
        _finish(revision)
    revision.save()
    forget_state(collection=collection, sound_class=sound_class)
    return revision


def _follow(revision: RuleRevision, clip_ids: list[int]) -> None:
    if not clip_ids:
        return
    collection, sound_class = revision.collection, revision.sound_class
    above = Closure.objects.filter(descendant=sound_class, propagates=True)
    n_added, n_withdrawn, n_reworded = renominate_clips(
        collection=collection,
        clip_ids=clip_ids,
        mids={sound_class.mid, *above.values_list("ancestor__mid", flat=True)},
        fields=nomination_fields(collection=collection),
    )
    revision.next_clip = clip_ids[-1]
    revision.n_done += len(clip_ids)
    revision.n_added += n_added
    revision.n_withdrawn += n_withdrawn
    revision.n_reworded += n_reworded


def _finish(revision: RuleRevision) -> None:
    revision.finished_at = timezone.now()
    record_event(
        actor=revision.made_by,
        verb="change_rules" if revision.undoes_id is None else "undo_rules",
        record=revision.sound_class,
        before=_rules_json(revision.former_keywords, revision.former_omit_keywords),
        after={
            **_rules_json(revision.keywords, revision.omit_keywords),
            "collection": revision.collection.name,
            "n_added": revision.n_added,
            "n_withdrawn": revision.n_withdrawn,
            "n_reworded": revision.n_reworded,
            "precision": revision.precision,
        },
    )


def _rules_json(keywords: object, vetoes: object) -> dict[str, object]:
    return {"keywords": keywords, "omit_keywords": vetoes}


def _as_json(precision: Precision) -> dict[str, Any]:
    return asdict(precision) | {"share": precision.share if precision.n_rated else None}
