"""Reading keyword rules as FSD50K publishes them, from decoded JSON, which may hold anything.

The form is an object: class mid -> object with ``name``, ``keywords`` (an item is a word or a list
of words that must all be there), ``omit_keywords`` (vetoes), and
``positive_examples_freesound_id`` and ``negative_examples_freesound_id`` (numbers). Other keys are
ignored; all but ``keywords`` may be missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from datasets_app.domain.errors import RuleError

MAX_PROBLEMS = 20
"""How many problems one refusal spells out before it only counts the rest."""


@dataclass(frozen=True, slots=True)
class ClassRules:
    """The rules and examples of one class."""

    name: str
    keywords: tuple[tuple[str, ...], ...]
    omit_keywords: tuple[str, ...] = ()
    positive_examples: tuple[int, ...] = ()
    negative_examples: tuple[int, ...] = ()

    @property
    def for_matcher(self) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
        """The pair that ``KeywordMatcher`` takes: keywords and vetoes."""
        return self.keywords, self.omit_keywords


def parse_keyword_rules(data: object) -> dict[str, ClassRules]:
    """Return the rules of each class, in the file's order, once everything in it is right.

    Parameters
    ----------
    data
        The decoded JSON, of whatever type.

    Raises
    ------
    RuleError
        Names all problems at once, each with its class: rules that are no object, keywords missing
        or no list, words that are empty, without a letter or digit, or no text, an alternative
        without words, examples that are no numbers. At most ``MAX_PROBLEMS`` sentences, then a
        count.

    Notes
    -----
    Source: the rules of FSD50K's nomination (Fonseca et al. 2021): 632 classes, 1,517 rules.
    Cost: O(words).

    Examples
    --------
    >>> parse_keyword_rules({"/m/1": {"name": "Dog", "keywords": ["dog", ["hound", "bark"]]}})
    {'/m/1': ClassRules(name='Dog', keywords=(('dog',), ('hound', 'bark')), omit_keywords=(), \
positive_examples=(), negative_examples=())}
    >>> parse_keyword_rules({"/m/1": {"name": "Dog", "keywords": [["hound", ""]]}})
    Traceback (most recent call last):
    datasets_app.domain.errors.RuleError: Class Dog (/m/1): keywords holds '', which has no letter \
or digit; write a word or remove it.
    """
    if not isinstance(data, Mapping) or not data:
        raise RuleError(
            "The keyword rules are no object or empty; give class mids and their rules."
        )
    problems: list[str] = []
    rules = {str(mid): _RulesReader(mid, entry, problems).read() for mid, entry in data.items()}
    if problems:
        spare = len(problems) - MAX_PROBLEMS
        more = [f"And {spare} more problems."] if spare > 0 else []
        raise RuleError([*problems[:MAX_PROBLEMS], *more])
    return rules


class _RulesReader:
    """Reads the rules of one class; what is wrong with them is added to ``problems``."""

    def __init__(self, mid: object, entry: object, problems: list[str]) -> None:
        self._problems = problems
        self._entry: Mapping[str, object] = entry if isinstance(entry, Mapping) else {}
        name = self._entry.get("name")
        self._name = name.strip() if isinstance(name, str) and name.strip() else str(mid)
        self._where = f"Class {self._name} ({mid})"
        if not isinstance(entry, Mapping):
            self._refuse("its rules are no object; give one with keywords")
        elif "keywords" not in entry:
            self._refuse("keywords is missing; give a list, empty if it has no rules")

    def read(self) -> ClassRules:
        return ClassRules(
            name=self._name,
            keywords=tuple(self._alternatives()),
            omit_keywords=tuple(self._words("omit_keywords", self._list("omit_keywords"))),
            positive_examples=self._numbers("positive_examples_freesound_id"),
            negative_examples=self._numbers("negative_examples_freesound_id"),
        )

    def _refuse(self, fault: str) -> None:
        self._problems.append(f"{self._where}: {fault}.")

    def _list(self, key: str) -> list[object]:
        value = self._entry.get(key)
        if value is None or isinstance(value, list):
            return value or []
        self._refuse(f"{key} is no list; give one")
        return []

    def _alternatives(self) -> Iterator[tuple[str, ...]]:
        for item in self._list("keywords"):
            if item == []:
                self._refuse("keywords holds an empty list; give its words or remove it")
            yield tuple(self._words("keywords", item if isinstance(item, list) else [item]))

    def _words(self, key: str, words: list[object]) -> Iterator[str]:
        for word in words:
            if not isinstance(word, str):
                self._refuse(f"{key} holds {str(word)[:40]}, which is no text; give words")
            elif not any(letter.isalnum() for letter in word):
                self._refuse(
                    f"{key} holds {word[:40]!r}, which has no letter or digit; write a word or "
                    "remove it"
                )
            else:
                yield word

    def _numbers(self, key: str) -> tuple[int, ...]:
        items = self._list(key)
        numbers = tuple(n for n in items if isinstance(n, int) and not isinstance(n, bool))
        if len(numbers) < len(items):
            self._refuse(f"{key} holds what is no number; give Freesound ids")
        return numbers
