"""An ontology of 200 leaf classes in 25 families under 5 roots, with keyword rules."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.synthetic.words import draw_words

N_FAMILIES = 25
N_ROOTS = 5
WORDS_PER_CLASS = 4


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of each leaf (the first two are keywords alone, the others together) and noise."""

    leaf_words: list[list[str]]
    family_words: list[str]
    noise_words: list[str]


def leaf_mid(leaf: int) -> str:
    """Return the mid of a leaf."""
    return f"/b/leaf{leaf:03d}"


def make_vocabulary(n_classes: int, seed: int) -> Vocabulary:
    """Return every word of the collection."""
    n_leaf_words = n_classes * WORDS_PER_CLASS
    rng = np.random.default_rng([seed, 1])
    words = draw_words(n_leaf_words + N_FAMILIES + 20_000, rng)
    leaves = [words[i : i + WORDS_PER_CLASS] for i in range(0, n_leaf_words, WORDS_PER_CLASS)]
    families = words[n_leaf_words : n_leaf_words + N_FAMILIES]
    return Vocabulary(leaves, families, words[n_leaf_words + N_FAMILIES :])


def make_ontology(n_classes: int, seed: int) -> list[dict[str, Any]]:
    """Return the ontology in the format of ``load_ontology``; roots are abstract.

    Every eighth leaf has two parents, and one in ten has a veto word.
    """
    vocabulary = make_vocabulary(n_classes, seed)
    children: list[list[str]] = [[] for _ in range(N_FAMILIES)]
    for leaf in range(n_classes):
        children[leaf % N_FAMILIES].append(leaf_mid(leaf))
        if leaf % 8 == 0:
            children[(leaf + 7) % N_FAMILIES].append(leaf_mid(leaf))
    roots = [_root(number) for number in range(N_ROOTS)]
    families = [
        {
            "id": f"/b/family{number:02d}",
            "name": f"Family {vocabulary.family_words[number]}",
            "child_ids": children[number],
            "keywords": [[vocabulary.family_words[number]]],
        }
        for number in range(N_FAMILIES)
    ]
    leaves = [_leaf(leaf, words, vocabulary) for leaf, words in enumerate(vocabulary.leaf_words)]
    return [*roots, *families, *leaves]


def _root(number: int) -> dict[str, Any]:
    families = range(number, N_FAMILIES, N_ROOTS)
    return {
        "id": f"/b/root{number}",
        "name": f"Root {number}",
        "child_ids": [f"/b/family{family:02d}" for family in families],
        "restrictions": ["abstract"],
    }


def _leaf(leaf: int, words: list[str], vocabulary: Vocabulary) -> dict[str, Any]:
    alone, also, *together = words
    return {
        "id": leaf_mid(leaf),
        "name": f"Sound {alone}",
        "description": f"The sound of {alone} or {also}.",
        "child_ids": [],
        "keywords": [[alone], [also], together],
        "omit_keywords": [vocabulary.noise_words[leaf]] if leaf % 10 == 0 else [],
    }
