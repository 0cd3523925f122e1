"""Which classes a class is mistaken for, as the decisions on the same recordings tell.

Conventions: a clip is **judged for both** classes when both nominations are decided present or not
present (unsure and undecided ones say nothing).
"""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass

from datasets_app.domain.errors import RuleError


@dataclass(frozen=True, slots=True)
class SharedClips:
    """Clips judged for both a class and another, ``other``.

    ``n_only_here``: the class is present, the other is not; ``n_only_there``: the reverse;
    ``n_both``: both are present; ``n_neither``: neither is.
    """

    other: Hashable
    n_only_here: int
    n_only_there: int
    n_both: int = 0
    n_neither: int = 0

    @property
    def n_judged(self) -> int:
        """Clips judged for both."""
        return self.n_only_here + self.n_only_there + self.n_both + self.n_neither


@dataclass(frozen=True, slots=True)
class Confusion:
    """Another class, and the clips on which the two were mistaken for each other.

    ``n_taken_for_this`` clips were proposed as this class and were the other; ``n_taken_for_other``
    were proposed as the other and were this; ``n_judged`` were judged for both.
    """

    other: Hashable
    n_taken_for_this: int
    n_taken_for_other: int
    n_judged: int

    @property
    def n_mistaken(self) -> int:
        """Clips proposed for both that were only one of them."""
        return self.n_taken_for_this + self.n_taken_for_other


def rank_confusions(
    shared: Iterable[SharedClips], *, relatives: Collection[Hashable] = (), most: int = 6
) -> list[Confusion]:
    """Return the classes mistaken for one, those with most mistaken clips first.

    A clip tells of a mistake when it was proposed as both classes and people decided that one of
    them sounds in it and the other does not. Clips with both or neither tell of none. Ancestors and
    descendants are ``relatives`` and left out: a bark is a dog, not mistaken for one.

    Raises
    ------
    RuleError
        If a count is negative.

    Notes
    -----
    Source: PAGES "Class", siblings it is mistaken for, from real answers. Ties: the higher share of
    the clips judged for both, then the order given. O(n log n).

    Examples
    --------
    >>> shared = [SharedClips("howl", 3, 2, n_both=5), SharedClips("dog", 9, 0),
    ...           SharedClips("rain", 0, 0, n_both=8)]
    >>> rank_confusions(shared, relatives={"dog"})
    [Confusion(other='howl', n_taken_for_this=2, n_taken_for_other=3, n_judged=10)]
    """
    found = []
    for row in shared:
        if min(row.n_only_here, row.n_only_there, row.n_both, row.n_neither) < 0:
            raise RuleError(f"Received {row}; give counts of 0 or more.")
        if row.other not in relatives and row.n_only_here + row.n_only_there:
            found.append(Confusion(row.other, row.n_only_there, row.n_only_here, row.n_judged))
    found.sort(key=lambda c: (-c.n_mistaken, -c.n_mistaken / c.n_judged))
    return found[:most]
