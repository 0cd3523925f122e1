"""Which clips some keyword rules match, asked again and again while the rules are edited.

Conventions: the words of all clips stand one after the other as numbers, a 0 after each tag, title
and description; a rule is held against all of them at once. What comes out is what
``KeywordMatcher`` would find, clip by clip.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets_app.domain.nominations.nomination import KeywordRules, Stem
from datasets_app.domain.nominations.words import (
    ClipText,
    list_words,
    without_number,
    words_of_keyword,
)

IntArray = NDArray[np.int64]
_TERMS_KEPT = 512
_GAP = 0


@dataclass(frozen=True, slots=True)
class RuleMatches:
    """What the rules of one class match.

    Attributes
    ----------
    clip_ids : int array (n,)
        Clips that some alternative matches and no veto excludes; ascending.
    best : int array (n,)
        For each the alternative that speaks for it: most words, the earliest of these.
    n_by_alternative : int array (n_alternatives,)
        Clips that each alternative matches, whether or not another speaks for them.
    n_vetoed : int
        Clips that some alternative matches and a veto excludes.
    """

    clip_ids: IntArray
    best: IntArray
    n_by_alternative: IntArray
    n_vetoed: int


class WordIndex:
    """The words of many clips.

    Parameters
    ----------
    stem
        The stemmer, called once on each distinct word.
    fields
        Which of tags, title and description are read.

    Notes
    -----
    Memory: 4 bytes a word of a clip and about 250 bytes a distinct word. Cost of a question: for
    each word of the rules that was not asked for lately, one pass over all words of all clips.

    Examples
    --------
    >>> index = WordIndex(stem=str)
    >>> index.add([7, 9], [ClipText(["dog bark"]), ClipText(["dog", "seal"])])
    >>> index.match(([("dog",), ("dog-bark",)], ["seal"])).clip_ids.tolist()
    [7]
    """

    def __init__(self, *, stem: Stem, fields: Collection[str] = ("tags", "title")) -> None:
        """Begin empty; the parameters are the class's."""
        self._stem = stem
        self._fields = tuple(fields)
        self._number = {"": _GAP}
        self._by_stem: dict[str, list[int]] = {}
        self._numbered: dict[str, list[str]] = {}
        self._bare_by_stem: dict[str, set[str]] = {}
        self._clip_ids = np.empty(0, np.int64)
        self._words = np.empty(0, np.int32)
        self._starts = np.empty(0, np.int64)
        self._asked: dict[tuple[object, ...], IntArray] = {}

    def __len__(self) -> int:
        return int(self._clip_ids.size)

    @property
    def n_words(self) -> int:
        """How many words stand in the clips' texts."""
        return int(self._words.size)

    def add(self, clip_ids: Sequence[int], texts: Iterable[ClipText]) -> None:
        """Append clips, each with its text; their ids are above all that are there."""
        words: list[int] = []
        starts: list[int] = []
        for text in texts:
            starts.append(self._words.size + len(words))
            for run in list_words(text, self._fields):
                words.extend(self._number_of(word) for word in run)
                words.append(_GAP)
        self._clip_ids = np.concatenate([self._clip_ids, np.asarray(clip_ids, np.int64)])
        self._words = np.concatenate([self._words, np.asarray(words, np.int32)])
        self._starts = np.concatenate([self._starts, np.asarray(starts, np.int64)])
        self._asked.clear()

    def match(self, rules: KeywordRules, *, others: Iterable[KeywordRules] = ()) -> RuleMatches:
        """Return what the rules match.

        Parameters
        ----------
        rules
            Keywords and vetoes of one class.
        others
            Those of the other classes. They matter only to words that end in a number: "bark2" is
            "bark" unless some class has the keyword "bark2".

        Raises
        ------
        RuleError
            A word has no letter or digit.
        """
        keywords, vetoes = rules
        alternatives = [[words_of_keyword(word) for word in item] for item in keywords]
        omitted = [words_of_keyword(word) for word in vetoes]
        known = self._known_with_number([rules, *others])
        rows = [self._rows_of_all(terms, known) for terms in alternatives]
        matched = _unite(rows)
        vetoed = _unite([self._rows(words, known, is_stemmed=False) for words in omitted])
        kept = np.setdiff1d(matched, vetoed, assume_unique=True)
        best = np.full(kept.size, -1, np.int64)
        for position in sorted(range(len(rows)), key=lambda i: (-len(alternatives[i]), i)):
            best[(best < 0) & np.isin(kept, rows[position], assume_unique=True)] = position
        n_each = [int(np.isin(kept, found, assume_unique=True).sum()) for found in rows]
        return RuleMatches(
            clip_ids=self._clip_ids[kept],
            best=best,
            n_by_alternative=np.asarray(n_each, np.int64),
            n_vetoed=int(matched.size - kept.size),
        )

    def _number_of(self, word: str) -> int:
        number = self._number.get(word)
        if number is None:
            number = self._number[word] = len(self._number)
            self._by_stem.setdefault(self._stem(word), []).append(number)
            if bare := without_number(word):
                self._numbered.setdefault(bare, []).append(word)
                self._bare_by_stem.setdefault(self._stem(bare), set()).add(bare)
        return number

    def _known_with_number(self, rules: Iterable[KeywordRules]) -> frozenset[str]:
        """Return the parts of all rules, as stemmed and as vetoes, that end in a digit."""
        parts: set[str] = set()
        for keywords, vetoes in rules:
            written = [word for item in keywords for word in item]
            for word in (*written, *vetoes):
                if any(letter.isdigit() for letter in word):
                    for part in words_of_keyword(word):
                        parts |= {part, self._stem(part)}
        return frozenset(part for part in parts if without_number(part))

    def _rows_of_all(self, terms: Sequence[Sequence[str]], known: frozenset[str]) -> IntArray:
        """Return the rows of the clips that have every one of the terms."""
        found = self._rows(terms[0], known, is_stemmed=True)
        for term in terms[1:]:
            rows = self._rows(term, known, is_stemmed=True)
            found = np.intersect1d(found, rows, assume_unique=True)
        return found

    def _rows(self, words: Sequence[str], known: frozenset[str], *, is_stemmed: bool) -> IntArray:
        """Return the rows of the clips in which these words stand side by side; ascending."""
        parts = tuple(self._stem(word) for word in words) if is_stemmed else tuple(words)
        key = (is_stemmed, parts, known)
        if key not in self._asked:
            if len(self._asked) >= _TERMS_KEPT:
                self._asked.clear()
            self._asked[key] = self._find(parts, known, is_stemmed)
        return self._asked[key]

    def _find(self, parts: Sequence[str], known: frozenset[str], is_stemmed: bool) -> IntArray:
        n_starts = max(0, self._words.size - len(parts) + 1)
        is_there = np.ones(n_starts, np.bool_)
        for offset, part in enumerate(parts):
            is_part = np.zeros(len(self._number), np.bool_)
            is_part[self._spellings(part, known, is_stemmed)] = True
            is_there &= is_part[self._words[offset : offset + n_starts]]
        places = np.flatnonzero(is_there)
        rows = np.searchsorted(self._starts, places, side="right") - 1
        return np.unique(rows).astype(np.int64)

    def _spellings(self, part: str, known: frozenset[str], is_stemmed: bool) -> list[int]:
        """Return the numbers of the words that count as this part of a rule or of a veto."""
        if is_stemmed:
            same = self._by_stem.get(part, [])
            bare: Iterable[str] = self._bare_by_stem.get(part, ())
        else:
            same = [self._number[part]] if part in self._number else []
            bare = (part,)
        with_number = [word for b in bare for word in self._numbered.get(b, ())]
        return [
            *same,
            *(
                self._number[word]
                for word in with_number
                if word not in known and self._stem(word) not in known
            ),
        ]


def _unite(rows: Sequence[IntArray]) -> IntArray:
    return np.unique(np.concatenate(rows)) if rows else np.empty(0, np.int64)
