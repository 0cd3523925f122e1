"""Which classes a clip's own words suggest.

Conventions: words are compared in lower case; compound words ("dog-bark", "dog bark", "dog_bark")
are one term, "dog-bark", and also their parts. Rules compare Porter stems (of each part), vetoes
the words as written.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from datasets_app.domain.errors import RuleError
from datasets_app.domain.nominations.words import (
    FIELDS,
    ClipText,
    list_spelled_words,
    without_extension,
    without_number,
    words_of_keyword,
)

Stem = Callable[[str], str]
"""From a lower-case word to its stem; production passes Porter's."""

KeywordRules = tuple[Sequence[Sequence[str]], Sequence[str]]
"""The keywords (alternatives, each the words that must all be there) and vetoes of a class."""

_CACHE_SIZE = 200_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a class was nominated.

    ``rule``: the words of the alternative that matched, as the rules write them. ``matched``: for
    each of them the tag or the words of the clip that matched, as the uploader wrote them.
    ``field_names``: for each of them where it stood.
    """

    rule: tuple[str, ...]
    matched: tuple[str, ...]
    field_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DurationBounds:
    """The durations a collection admits, in seconds; both bounds inclusive.

    FSD50K nominated clips of up to 90 s.

    Raises
    ------
    RuleError
        If the shortest is negative, or above the longest.

    Examples
    --------
    >>> DurationBounds(0.3, 90.0).admits(90.0), DurationBounds(0.3, 90.0).admits(90.01)
    (True, False)
    """

    shortest_s: float = 0.0
    longest_s: float = 90.0

    def __post_init__(self) -> None:
        """Refuse bounds that admit nothing."""
        if not 0 <= self.shortest_s <= self.longest_s:
            raise RuleError(
                f"Received durations from {self.shortest_s:g} s to {self.longest_s:g} s; "
                "give bounds of 0 or more, the shortest first."
            )

    def admits(self, duration_s: float) -> bool:
        """Return whether a clip of this duration is nominated for."""
        return self.shortest_s <= duration_s <= self.longest_s


@dataclass(frozen=True, slots=True)
class _Rule:
    """One alternative of one class; ``terms`` are its stemmed terms."""

    mid: str
    words: tuple[str, ...]
    terms: tuple[str, ...]
    position: int


_Mention = tuple[str, str, str]
"""A term that the rules know, the words as written, and the field."""


@dataclass(frozen=True, slots=True)
class _Mentions:
    """The terms of a text that some rule (stemmed) or veto (as written) knows."""

    stemmed: list[_Mention] = field(default_factory=list)
    written: list[str] = field(default_factory=list)


class KeywordMatcher:
    """Nominates classes for clips by keyword rules.

    Parameters
    ----------
    rules
        Class mid -> (keywords, omit_keywords).
    stem
        The stemmer, called on lower-case words and remembered.
    fields
        Which of tags, title and description are read, for rules and vetoes alike.

    Raises
    ------
    RuleError
        If a keyword has no letter or digit, an alternative has no word, or a field is unknown.

    Notes
    -----
    Source: FSD50K's nomination (Fonseca et al. 2021, section on candidate labels): an item of
    ``keywords`` is a word or several that must all be there, items are alternatives, a veto word
    excludes. Rules see stemmed words, vetoes unstemmed ones. If several alternatives match, the
    evidence is the one with most words, the earliest of these.

    The words of a tag, and of a title or description, are runs of letters and digits; each run of
    adjacent words as long as the longest keyword is compared, so "Dog Bark 01.wav" meets the
    keyword "dog-bark". A number at the end of a word may be there or not ("bark01").

    Cost: proportional to the words of the clip, whatever the number of rules.

    Examples
    --------
    >>> matcher = KeywordMatcher({"/m/05tny_": ([("dog", "bark")], ["seal"])}, stem=str)
    >>> matcher.match(ClipText(["Dog-Bark"]))["/m/05tny_"].matched
    ('Dog-Bark', 'Dog-Bark')
    >>> matcher.match(ClipText(["dog", "bark", "seal"]))
    {}
    """

    def __init__(
        self,
        rules: Mapping[str, KeywordRules],
        *,
        stem: Stem,
        fields: Collection[str] = ("tags", "title"),
    ) -> None:
        """Compile the rules; the parameters are the class's."""
        if unknown := sorted(set(fields) - set(FIELDS)):
            raise RuleError(f"Field {unknown[0]!r} is not known; choose from {', '.join(FIELDS)}.")
        self._fields = tuple(name for name in FIELDS if name in fields)
        self._stem = stem
        self._stems: dict[str, str] = {}
        self._tag_mentions: dict[str, _Mentions] = {}
        compiled = [rule for mid, (words, _) in rules.items() for rule in self._compile(mid, words)]
        self._vetoes = {
            mid: vetoes
            for mid, (_, omitted) in rules.items()
            if (vetoes := frozenset("-".join(_words_of(w, mid)) for w in omitted))
        }
        self._known_vetoes = frozenset().union(*self._vetoes.values())
        self._index = _index_by_rarest_term(compiled)
        self._known_terms = frozenset(term for rule in compiled for term in rule.terms)
        all_terms = self._known_terms | self._known_vetoes
        self._longest = 1 + max((term.count("-") for term in all_terms), default=0)
        self._known_parts = frozenset(part for term in all_terms for part in term.split("-"))

    def match(self, text: ClipText) -> dict[str, Evidence]:
        """Return the nominated classes with their evidence.

        Examples
        --------
        >>> matcher = KeywordMatcher({"/m/1": ([("rain",)], [])}, stem=str)
        >>> matcher.match(ClipText([], title="Heavy rain.wav"))
        {'/m/1': Evidence(rule=('rain',), matched=('rain',), field_names=('title',))}
        """
        found, written = self._known_words(text)
        best: dict[str, _Rule] = {}
        for term in found:
            for rule in self._index.get(term, ()):
                if all(other in found for other in rule.terms):
                    best[rule.mid] = _better(best.get(rule.mid), rule)
        return {
            mid: _evidence(rule, found)
            for mid, rule in best.items()
            if not written or self._vetoes.get(mid, frozenset()).isdisjoint(written)
        }

    def match_alternatives(self, text: ClipText) -> dict[str, set[int]]:
        """Return for each nominated class which of its alternatives match, by their position.

        Where ``match`` gives the best alternative as evidence, this gives all: a rule that is never
        among them nominates nothing. Vetoed classes are left out.

        Examples
        --------
        >>> matcher = KeywordMatcher({"/m/1": ([("rain",), ("storm",), ("rain", "roof")], [])},
        ...                          stem=str)
        >>> matcher.match_alternatives(ClipText(["rain", "roof"]))
        {'/m/1': {0, 2}}
        """
        found, written = self._known_words(text)
        matched: dict[str, set[int]] = {}
        for term in found:
            for rule in self._index.get(term, ()):
                if all(other in found for other in rule.terms):
                    matched.setdefault(rule.mid, set()).add(rule.position)
        return {
            mid: positions
            for mid, positions in matched.items()
            if self._vetoes.get(mid, frozenset()).isdisjoint(written)
        }

    def _known_words(self, text: ClipText) -> tuple[dict[str, _Mention], set[str]]:
        """Return the first mention of each term that a rule has, and the vetoes mentioned."""
        found: dict[str, _Mention] = {}
        written: set[str] = set()
        for mentions in self._mentions(text):
            for mention in mentions.stemmed:
                found.setdefault(mention[0], mention)
            written.update(mentions.written)
        return found, written

    def _compile(self, mid: str, keywords: Sequence[Sequence[str]]) -> Iterable[_Rule]:
        for position, item in enumerate(keywords):
            words = (item,) if isinstance(item, str) else tuple(item)
            if not words:
                raise RuleError(f"Class {mid}: an alternative has no words; give one or remove it.")
            terms = tuple(self._stemmed(_words_of(word, mid)) for word in words)
            yield _Rule(mid, words, terms, position)

    def _stemmed(self, words: Sequence[str]) -> str:
        return "-".join([self._stem_of(word) for word in words])

    def _stem_of(self, word: str) -> str:
        stem = self._stems.get(word)
        if stem is None:
            _make_room(self._stems)
            stem = self._stems[word] = self._stem(word)
        return stem

    def _mentions(self, text: ClipText) -> Iterable[_Mentions]:
        if "tags" in self._fields:
            for tag in text.tags:
                yield self._mentions_of_tag(tag)
        if "title" in self._fields and text.title:
            yield self._mentions_of_words(without_extension(text.title), "title")
        if "description" in self._fields and text.description:
            yield self._mentions_of_words(text.description, "description")

    def _mentions_of_tag(self, tag: str) -> _Mentions:
        mentions = self._tag_mentions.get(tag)
        if mentions is None:
            _make_room(self._tag_mentions)
            mentions = self._mentions_of_words(tag, "tags")
            stemmed = [(term, tag, field_name) for term, _, field_name in mentions.stemmed]
            mentions = self._tag_mentions[tag] = _Mentions(stemmed, mentions.written)
        return mentions

    def _mentions_of_words(self, text: str, field_name: str) -> _Mentions:
        """Look at each run of 1 to ``_longest`` adjacent words, skipping words no rule has."""
        mentions = _Mentions()
        spelled = list_spelled_words(text)
        lowered = [self._known_form(word.lower()) for word in spelled]
        for start in range(len(spelled)):
            for stop in range(start + 1, min(start + self._longest, len(spelled)) + 1):
                if not lowered[stop - 1]:
                    break
                run = lowered[start:stop]
                if (term := self._stemmed(run)) in self._known_terms:
                    mentions.stemmed.append((term, " ".join(spelled[start:stop]), field_name))
                if (term := "-".join(run)) in self._known_vetoes:
                    mentions.written.append(term)
        return mentions

    def _known_form(self, word: str) -> str:
        """Return the word, or it without its number, as rules know it; empty if they do not."""
        if self._is_known(word):
            return word
        bare = without_number(word)
        return bare if bare and self._is_known(bare) else ""

    def _is_known(self, word: str) -> bool:
        return self._stem_of(word) in self._known_parts or word in self._known_parts


def prune_ancestors(
    nominated: Collection[str],
    voted: Collection[str],
    propagating_ancestors: Mapping[str, Collection[str]],
) -> set[str]:
    """Return the nominations of a clip without unvoted ancestors of other nominations.

    Parameters
    ----------
    nominated
        Mids nominated for the clip.
    voted
        Mids that have votes on the clip; these always stay if nominated.
    propagating_ancestors
        Mid -> all mids that a label of it implies (closed, not only direct parents).

    Notes
    -----
    Source: FSD50K's nomination (DESIGN §3): a label of the descendant would imply the ancestor.
    Cost: O(nominations x ancestors).

    Examples
    --------
    >>> sorted(prune_ancestors({"dog", "animal"}, set(), {"dog": {"animal"}}))
    ['dog']
    >>> sorted(prune_ancestors({"dog", "animal"}, {"animal"}, {"dog": {"animal"}}))
    ['animal', 'dog']
    """
    implied = {above for mid in nominated for above in propagating_ancestors.get(mid, ())}
    return {mid for mid in nominated if mid not in implied or mid in voted}


def _words_of(keyword: str, mid: str) -> list[str]:
    try:
        return words_of_keyword(keyword)
    except RuleError as error:
        raise RuleError(f"Class {mid}: {error}") from error


def _index_by_rarest_term(rules: Sequence[_Rule]) -> dict[str, list[_Rule]]:
    """Each rule stands under one of its terms only: the one that fewest rules have."""
    uses: dict[str, int] = {}
    for rule in rules:
        for term in set(rule.terms):
            uses[term] = uses.get(term, 0) + 1
    index: dict[str, list[_Rule]] = {}
    for rule in rules:
        index.setdefault(min(rule.terms, key=lambda term: (uses[term], term)), []).append(rule)
    return index


def _better(known: _Rule | None, rule: _Rule) -> _Rule:
    if known is None or (len(rule.words), -rule.position) > (len(known.words), -known.position):
        return rule
    return known


def _evidence(rule: _Rule, found: Mapping[str, _Mention]) -> Evidence:
    mentions = [found[term] for term in rule.terms]
    return Evidence(rule.words, tuple(m[1] for m in mentions), tuple(m[2] for m in mentions))


def _make_room(cache: dict[str, object] | dict[str, str] | dict[str, _Mentions]) -> None:
    if len(cache) >= _CACHE_SIZE:
        cache.clear()
