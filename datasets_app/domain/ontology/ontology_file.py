"""Reading an ontology from decoded JSON, which may hold anything.

The form is AudioSet's published one, a list of objects with ``id``, ``name``, ``description``,
``citation_uri``, ``positive_examples``, ``child_ids`` and ``restrictions`` ("abstract",
"blacklist"), with Harken's optional ``keywords``, ``omit_keywords``, ``propagate_to_parents`` and
``faq``. Only ``id`` and ``name`` must be there; keys beside these are ignored.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from datasets_app.domain.errors import RuleError
from datasets_app.domain.ontology.class_spec import ClassSpec
from datasets_app.domain.ontology.cycles import cycle_sentence, find_cycle

MAX_PROBLEMS = 20
"""How many problems one refusal spells out before it only counts the rest."""
MAX_LENGTHS = {"id": 64, "name": 200, "citation_uri": 500}
"""The most characters of a text (inclusive); others may be of any length."""
RESTRICTIONS = ("abstract", "blacklist")


def parse_ontology(data: object) -> tuple[ClassSpec, ...]:
    """Return the classes of an ontology file, in its order, once everything in it is right.

    Parameters
    ----------
    data
        The decoded JSON, of whatever type.

    Raises
    ------
    RuleError
        Names all problems at once: wrong types, missing or empty ids and names, empty keywords,
        unknown restrictions, duplicate ids, dangling or repeated children, propagation to a class
        that is no parent, or (if all else is right) a cycle with its members in order. At most
        ``MAX_PROBLEMS`` sentences, then a count.

    Notes
    -----
    Source: the AudioSet ontology's format (Gemmeke et al. 2017). Cost: O(classes + edges).

    Examples
    --------
    >>> [spec.name for spec in parse_ontology([{"id": "/m/0bt9lr", "name": "Dog"}])]
    ['Dog']
    >>> parse_ontology([{"id": "/m/0bt9lr", "name": "Dog", "child_ids": ["/m/1"]}])
    Traceback (most recent call last):
    datasets_app.domain.errors.RuleError: Class /m/0bt9lr (Dog): child_ids names '/m/1', \
which is not in the file; add that class or remove it here.
    """
    if not isinstance(data, list) or not data:
        received = "an empty list" if data == [] else _type_name(data)
        raise RuleError(f"The ontology is {received}; give a list of classes (JSON objects).")
    problems: list[str] = []
    classes = [
        _EntryReader(entry, number, problems).read() for number, entry in enumerate(data, start=1)
    ]
    problems += _duplicates(classes) + _dangling(classes) + _no_parents(classes)
    if not problems and (cycle := find_cycle({spec.mid: spec.child_ids for spec in classes})):
        problems.append(cycle_sentence(cycle))
    if problems:
        raise RuleError(_shorten(problems))
    return tuple(classes)


def _shorten(problems: Sequence[str]) -> list[str]:
    spare = len(problems) - MAX_PROBLEMS
    return [*problems[:MAX_PROBLEMS], *([f"And {spare} more problems."] if spare > 0 else [])]


def _type_name(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "a boolean",
        type(None): "null",
    }
    return names.get(type(value), "a number")


def _label(spec: ClassSpec) -> str:
    return f"Class {spec.mid} ({spec.name})"


class _EntryReader:
    """Reads one entry of the file; what is wrong with it is added to ``problems``."""

    def __init__(self, entry: object, number: int, problems: list[str]) -> None:
        self._problems = problems
        self._where = f"Entry {number}"
        self._entry: Mapping[str, object] = {}
        if isinstance(entry, dict):
            self._entry = entry
        else:
            self._refuse(f"is {_type_name(entry)}; give an object with id and name")

    def read(self) -> ClassSpec:
        if not self._entry:
            return ClassSpec("", "")
        mid, name = self._filled_text("id"), self._filled_text("name")
        if mid:
            self._where = f"Class {mid} ({name})"
        restrictions = self._texts("restrictions")
        for unknown in sorted(set(restrictions) - set(RESTRICTIONS)):
            self._refuse(f"restriction {unknown!r} is not known; use {' or '.join(RESTRICTIONS)}")
        return ClassSpec(
            mid=mid,
            name=name,
            description=self._text("description"),
            citation_uri=self._text("citation_uri"),
            child_ids=self._texts("child_ids"),
            is_abstract="abstract" in restrictions,
            is_omitted="blacklist" in restrictions,
            keywords=self._keywords(),
            omit_keywords=self._texts("omit_keywords"),
            propagate_to_parents=self._propagation(),
            faq=self._text("faq"),
            positive_examples=self._examples(),
        )

    def _refuse(self, fault: str) -> None:
        self._problems.append(f"{self._where}: {fault}.")

    def _text(self, key: str) -> str:
        value = self._entry.get(key, "")
        if value is None:
            return ""
        if not isinstance(value, str):
            self._refuse(f"{key} is {_type_name(value)}; give a text")
            return ""
        return self._checked(key, value)

    def _checked(self, key: str, text: str) -> str:
        """Refuse what a database cannot hold: too long, a NUL or half a surrogate pair."""
        longest = MAX_LENGTHS.get(key)
        if longest is not None and len(text) > longest:
            self._refuse(f"{key} has {len(text)} characters; give at most {longest}")
        elif "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            self._refuse(f"{key} holds characters that are no text; remove them")
        else:
            return text
        return ""

    def _filled_text(self, key: str) -> str:
        n_before = len(self._problems)
        text = self._text(key).strip()
        if not text and len(self._problems) == n_before:
            self._refuse(f"{key} is missing or empty; give one")
        return text

    def _list(self, key: str) -> list[object]:
        value = self._entry.get(key)
        if value is None:
            return []
        if isinstance(value, list):
            return value
        self._refuse(f"{key} is {_type_name(value)}; give a list")
        return []

    def _word(self, key: str, value: object) -> str:
        if not isinstance(value, str):
            self._refuse(f"{key} holds {_type_name(value)}; give texts only")
        elif not value.strip():
            self._refuse(f"{key} holds an empty word; write the word or remove it")
        else:
            return self._checked(key, value.strip())
        return ""

    def _texts(self, key: str) -> tuple[str, ...]:
        return tuple(word for item in self._list(key) if (word := self._word(key, item)))

    def _keywords(self) -> tuple[tuple[str, ...], ...]:
        rules = []
        for item in self._list("keywords"):
            if item == []:
                self._refuse("keywords holds an empty list; give its words or remove it")
            words = item if isinstance(item, list) else [item]
            rules.append(tuple(self._word("keywords", word) for word in words))
        return tuple(rules)

    def _propagation(self) -> bool | tuple[str, ...]:
        value = self._entry.get("propagate_to_parents")
        if value is None or isinstance(value, bool):
            return value is not False
        if isinstance(value, list):
            return self._texts("propagate_to_parents")
        self._refuse(
            f"propagate_to_parents is {_type_name(value)}; give true, false or a list of parents"
        )
        return True

    def _examples(self) -> tuple[str | int, ...]:
        examples: list[str | int] = []
        for item in self._list("positive_examples"):
            if isinstance(item, int) and not isinstance(item, bool):
                examples.append(item)
            elif word := self._word("positive_examples", item):
                examples.append(word)
        return tuple(examples)


def _duplicates(classes: Sequence[ClassSpec]) -> list[str]:
    times = Counter(spec.mid for spec in classes if spec.mid)
    return [
        f"Class {mid} stands in the file {n} times; keep one." for mid, n in times.items() if n > 1
    ]


def _dangling(classes: Sequence[ClassSpec]) -> list[str]:
    known = {spec.mid for spec in classes}
    problems = []
    for spec in classes:
        for child, times in Counter(spec.child_ids).items():
            if child not in known:
                problems.append(
                    f"{_label(spec)}: child_ids names {child!r}, which is not in the file; "
                    "add that class or remove it here."
                )
            if times > 1:
                problems.append(
                    f"{_label(spec)}: child_ids names {child!r} {times} times; keep one."
                )
    return problems


def _no_parents(classes: Sequence[ClassSpec]) -> list[str]:
    parents: dict[str, list[str]] = {}
    for spec in classes:
        for child in spec.child_ids:
            parents.setdefault(child, []).append(spec.mid)
    return [
        f"{_label(spec)}: propagate_to_parents names {mid!r}, which is not a parent; "
        f"its parents are {', '.join(parents.get(spec.mid, ())) or 'none'}."
        for spec in classes
        if not isinstance(spec.propagate_to_parents, bool)
        for mid in spec.propagate_to_parents
        if mid not in parents.get(spec.mid, ())
    ]
