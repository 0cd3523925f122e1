"""What a curator wants of a vocabulary, whatever the thresholds say.

Conventions: classes are indices; ``parents`` lists for each class its direct parents over
propagating edges.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from datasets_app.domain.errors import RuleError
from datasets_app.domain.ontology.cycles import find_cycle


@dataclass(frozen=True, slots=True)
class VocabularyWish:
    """Classes to keep, never to keep, and to merge.

    Attributes
    ----------
    pinned : classes that are kept, however few clips they have
    forbidden : classes that are never kept; their labels go up as those of small classes do
    merged : class -> the class that takes its labels, whether an ancestor or not
    names : what each class is called in an error; its index if empty
    """

    pinned: frozenset[int] = frozenset()
    forbidden: frozenset[int] = frozenset()
    merged: Mapping[int, int] = field(default_factory=dict)
    names: Sequence[str] = ()

    def name(self, index: int) -> str:
        """Return what a class is called in a sentence.

        Examples
        --------
        >>> VocabularyWish(names=["Dog"]).name(0), VocabularyWish().name(0)
        ('Dog', '0')
        """
        return self.names[index] if 0 <= index < len(self.names) else str(index)


def make_wish(
    parents: Sequence[Sequence[int]],
    *,
    pinned: Collection[int] = (),
    forbidden: Collection[int] = (),
    merged: Mapping[int, int] | None = None,
    names: Sequence[str] = (),
) -> VocabularyWish:
    """Return the wish once nothing in it contradicts the rest or the ontology.

    Raises
    ------
    RuleError
        Names every contradiction at once: an unknown class; a class both pinned and forbidden, or
        pinned and merged away; a merge into a forbidden class, into itself, or into a class that
        implies it, which would be a cycle.

    Notes
    -----
    Cost: O(classes + edges).

    Examples
    --------
    >>> make_wish([[1], []], pinned=[0], forbidden=[0], names=["Dog", "Animal"])
    Traceback (most recent call last):
    datasets_app.domain.errors.RuleError: Class Dog is both pinned and forbidden; choose one.
    """
    wish = VocabularyWish(frozenset(pinned), frozenset(forbidden), dict(merged or {}), names)
    unknown = sorted(
        {*wish.pinned, *wish.forbidden, *wish.merged, *wish.merged.values()}
        - set(range(len(parents)))
    )
    if unknown:
        raise RuleError(f"Classes {unknown} are not known; give 0 to {len(parents) - 1}.")
    problems = list(_contradictions(wish))
    if not problems:
        problems = _cycle(wish, parents)
    if problems:
        raise RuleError(problems)
    return wish


def merged_parents(
    parents: Sequence[Sequence[int]], merged: Mapping[int, int]
) -> list[tuple[int, ...]]:
    """Return the parents with the targets of merges added: what a label implies from now on.

    A release propagates over these. What a merged class implies by the ontology stays true.

    Examples
    --------
    >>> merged_parents([[2], [], []], {0: 1})
    [(2, 1), (), ()]
    """
    into = [(merged[index],) if index in merged else () for index in range(len(parents))]
    return [tuple(dict.fromkeys([*up, *more])) for up, more in zip(parents, into, strict=True)]


def _contradictions(wish: VocabularyWish) -> Iterator[str]:
    for index in sorted(wish.pinned & wish.forbidden):
        yield f"Class {wish.name(index)} is both pinned and forbidden; choose one."
    for index, into in sorted(wish.merged.items()):
        names = f"Class {wish.name(index)} is to merge into {wish.name(into)}"
        if index == into:
            yield f"Class {wish.name(index)} is to merge into itself; name another class."
        if index in wish.pinned:
            yield f"{names} and is pinned; choose one."
        if into in wish.forbidden:
            yield f"{names}, which is forbidden; allow it or name another class."


def _cycle(wish: VocabularyWish, parents: Sequence[Sequence[int]]) -> list[str]:
    upwards = merged_parents(parents, wish.merged)
    neighbours = {str(index): [str(up) for up in above] for index, above in enumerate(upwards)}
    walked = [int(node) for node in find_cycle(neighbours)]
    at_fault = [index for index in walked if wish.merged.get(index) in walked]
    if not at_fault:
        return []
    index = min(at_fault)
    return [
        f"Class {wish.name(index)} is to merge into {wish.name(wish.merged[index])}, whose labels "
        f"go back to {wish.name(index)}; merge the other way round or name another class."
    ]
