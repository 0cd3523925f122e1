"""The demo's first votes: simulated answers to what the keyword rules nominate."""

from collections.abc import Mapping, Sequence

import snowballstemmer

from datasets_app.demo.annotators import (
    DEMO_ANNOTATORS,
    Truth,
    VoteRow,
    draw_votes,
    with_ancestors,
)
from datasets_app.demo.vocabulary import propagated_ancestors
from datasets_app.demo.wording import ClipWords
from datasets_app.domain.nominations.nomination import ClipText, KeywordMatcher, prune_ancestors
from datasets_app.domain.ontology.ontology_graph import ClassSpec


def nominate_by_keywords(
    words: Mapping[str, ClipWords], classes: Sequence[ClassSpec]
) -> set[tuple[str, str]]:
    """The (clip_id, mid) pairs that the ontology's keyword rules find in tags and titles.

    As in the platform's own nomination stage, an ancestor is left out where a class that
    propagates to it is found.
    """
    rules = {spec.mid: (spec.keywords, spec.omit_keywords) for spec in classes if spec.keywords}
    matcher = KeywordMatcher(
        rules, stem=snowballstemmer.stemmer("porter").stemWord, fields=("tags", "title")
    )
    ancestors = propagated_ancestors(classes)
    pairs = set()
    for clip_id, said in words.items():
        text = ClipText(tags=said.tags, title=said.title, description=said.description)
        nominated = prune_ancestors(matcher.match(text), (), ancestors)
        pairs |= {(clip_id, mid) for mid in nominated}
    return pairs


def simulate_first_votes(
    words: Mapping[str, ClipWords], truth: Truth, classes: Sequence[ClassSpec], *, seed: int
) -> list[VoteRow]:
    """Answers of the demo's annotators to most keyword nominations; some stay open."""
    return draw_votes(
        nominate_by_keywords(words, classes),
        truth=with_ancestors(truth, propagated_ancestors(classes)),
        annotators=DEMO_ANNOTATORS,
        seed=seed,
    )
