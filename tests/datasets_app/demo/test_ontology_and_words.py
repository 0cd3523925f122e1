"""The built-in ontology is sound, and uploaders' words go wrong in the ways they should."""

from collections import Counter

import numpy as np
import pytest

from datasets_app.demo.sounds import SOUND_KINDS
from datasets_app.demo.vocabulary import (
    load_builtin_classes,
    load_builtin_ontology,
    propagated_ancestors,
)
from datasets_app.demo.wording import WORDINGS, mistype, write_words

BARK, DOG, BELL, DOORBELL = "/m/05tny_", "/m/0bt9lr", "/m/0395lw", "/m/03wwcy"
RAIN = "/m/06mb1"


@pytest.fixture(scope="module")
def entries():
    return {entry["id"]: entry for entry in load_builtin_ontology()}


def parents_of(entries, mid):
    return {parent for parent, entry in entries.items() if mid in entry["child_ids"]}


def test_the_platform_reads_the_built_in_ontology_without_complaint(entries):
    assert [spec.mid for spec in load_builtin_classes()] == list(entries)


def test_every_synthesised_class_is_a_leaf_with_rules_a_description_and_a_faq(entries):
    for mid in SOUND_KINDS:
        assert entries[mid]["child_ids"] == []
        assert entries[mid]["keywords"] and entries[mid]["description"] and entries[mid]["faq"]


def test_the_ontology_shows_several_parents_abstract_roots_and_an_edge_without_propagation(entries):
    assert len(parents_of(entries, DOORBELL)) == 2
    assert any("abstract" in entry["restrictions"] for entry in entries.values())
    ancestors = propagated_ancestors(load_builtin_classes())
    assert not parents_of(entries, BELL) <= ancestors[BELL]
    assert DOG in ancestors[BARK] and "/m/0jbk" in ancestors[BARK]


def test_there_are_all_of_rules_and_vetoes(entries):
    keywords = [item for entry in entries.values() for item in entry.get("keywords", [])]
    assert any(isinstance(item, list) and len(item) >= 2 for item in keywords)
    assert sum("omit_keywords" in entry for entry in entries.values()) >= 2


def test_every_synthesised_class_has_words():
    assert set(WORDINGS) == set(SOUND_KINDS)


@pytest.mark.parametrize("seed", range(20))
def test_a_typing_error_changes_the_word_by_one_step(seed):
    wrong = mistype(np.random.default_rng(seed), "thunder")
    assert wrong != "thunder"
    assert len(wrong) in (6, 7)


def test_uploaders_make_each_mistake_about_as_often_as_stated():
    rng = np.random.default_rng(11)
    n_clips = 4000
    counts = Counter()
    for _ in range(n_clips):
        words = write_words(rng, BARK, RAIN)
        said = set(words.tags)
        counts["no tags"] += not said
        counts["named"] += bool(said & set(WORDINGS[BARK].exact))
        counts["second"] += bool(said & set(WORDINGS[RAIN].exact))
    assert counts["no tags"] / n_clips == pytest.approx(0.07 * 0.6, abs=0.015)
    assert counts["named"] / n_clips == pytest.approx(0.78, abs=0.03)
    assert counts["second"] / n_clips == pytest.approx(0.4, abs=0.03)
