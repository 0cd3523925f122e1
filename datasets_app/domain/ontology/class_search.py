"""Finding a class by a piece of its name, by a word people tag it with, or by its description.

Conventions: words are compared in lower case and without accents; a word that is searched for
matches every word that begins with it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

_WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 8
"""Further words of a query are left out (inclusive)."""


class MatchedIn(IntEnum):
    """The best place where a query was found, best first."""

    WHOLE_NAME = 0
    START_OF_NAME = 1
    NAME = 2
    SYNONYM = 3
    DESCRIPTION = 4


@dataclass(frozen=True, slots=True)
class SearchableClass:
    """A class as a search sees it; ``synonyms`` are its keywords and other names."""

    key: int
    name: str
    synonyms: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class ClassMatch:
    """A class that was found, where, and the words that were found there."""

    key: int
    matched_in: MatchedIn


def search_classes(query: str, classes: Iterable[SearchableClass]) -> list[ClassMatch]:
    """Return the classes in which every word of ``query`` begins a word, best first.

    A class whose words are found in its name goes before one that needs its synonyms, and that
    before one that needs its description; within a place in the order given. An empty query finds
    nothing.

    Notes
    -----
    Source: PAGES "Refinement" and issue 4 §1: name, synonyms, description. Cost: O(words of all
    classes); AudioSet's 632 take a few milliseconds.

    Examples
    --------
    >>> classes = [SearchableClass(1, "Growling", ("snarl",)), SearchableClass(2, "Dog", (),
    ...            "Barks and growls.")]
    >>> [(m.key, m.matched_in.name) for m in search_classes("gro", classes)]
    [(1, 'START_OF_NAME'), (2, 'DESCRIPTION')]
    """
    wanted = words_of(query)[:MOST_WORDS]
    if not wanted:
        return []
    found = [
        ClassMatch(entry.key, place)
        for entry in classes
        if (place := _matched_in(wanted, entry)) is not None
    ]
    return sorted(found, key=lambda match: match.matched_in)


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared.

    >>> words_of("Crème brûlée (torch)")
    ['creme', 'brulee', 'torch']
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def _matched_in(wanted: Sequence[str], entry: SearchableClass) -> MatchedIn | None:
    name = words_of(entry.name)
    if name == list(wanted):
        return MatchedIn.WHOLE_NAME
    if _all_begin(wanted, name):
        is_start = name[0].startswith(wanted[0])
        return MatchedIn.START_OF_NAME if is_start else MatchedIn.NAME
    known = name + [word for synonym in entry.synonyms for word in words_of(synonym)]
    if _all_begin(wanted, known):
        return MatchedIn.SYNONYM
    return (
        MatchedIn.DESCRIPTION if _all_begin(wanted, known + words_of(entry.description)) else None
    )


def _all_begin(wanted: Iterable[str], words: Sequence[str]) -> bool:
    return all(any(word.startswith(piece) for word in words) for piece in wanted)
