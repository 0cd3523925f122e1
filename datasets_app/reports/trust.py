"""Where labels can be relied on, class by class, as far as agreement on presence tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from datasets_app.domain.votes.prevalence import HIGH_AGREEMENT, LOW_ALPHA
from datasets_app.reports.exhibits import counted

RELIABLE_ALPHA, TENTATIVE_ALPHA = 0.8, 0.667
FEW_UNITS, MOST_NAMES = 5, 10


class Trust(StrEnum):
    """How far the answers to a class can be relied on.

    - **reliable**, **tentative**: α at least 0.8, at least 0.667 (Krippendorff's bounds).
    - **weak**: α below that.
    - **one_sided**: α below 0.4, or none, although at least 80 % of the pairs of answers are equal,
      because nearly all answers are: α tells nothing here.
    - **unknown**: fewer than ``FEW_UNITS`` nominations were judged by two people.
    """

    RELIABLE = "reliable"
    TENTATIVE = "tentative"
    WEAK = "weak"
    ONE_SIDED = "one_sided"
    UNKNOWN = "unknown"


_WORDS = {
    Trust.RELIABLE: ("Reliable", "α at least 0.8: people hear the same"),
    Trust.TENTATIVE: ("Tentative", "α 0.667 to 0.8: enough to go on, not to conclude"),
    Trust.WEAK: ("Not yet", "α below 0.667: people hear different things; read the FAQ again"),
    Trust.ONE_SIDED: ("α cannot tell", "people agree, but nearly all say the same of every clip"),
    Trust.UNKNOWN: ("Not known", f"fewer than {FEW_UNITS} clips judged by more than one person"),
}


@dataclass(frozen=True, slots=True)
class TrustGroup:
    """The classes of one kind, those to look at first before the others; ``share`` of all."""

    trust: Trust
    title: str
    meaning: str
    names: tuple[str, ...]
    share: float

    @property
    def shown(self) -> tuple[str, ...]:
        """The names that there is room for."""
        return self.names[:MOST_NAMES]

    @property
    def n_hidden(self) -> int:
        """How many more there are."""
        return len(self.names) - len(self.shown)


def trust_of(alpha: float | None, raw: float | None, n_units: int) -> Trust:
    """Return how far the answers to a class can be relied on; ``n_units`` were judged twice.

    Examples
    --------
    >>> [str(trust_of(alpha, 0.9, 5)) for alpha in (0.8, 0.667, 0.4, 0.39, None)]
    ['reliable', 'tentative', 'weak', 'one_sided', 'one_sided']
    >>> str(trust_of(0.39, 0.79, 5)), str(trust_of(0.9, 0.9, 4))
    ('weak', 'unknown')
    """
    if n_units < FEW_UNITS or raw is None:
        return Trust.UNKNOWN
    if alpha is None or (alpha < LOW_ALPHA and raw >= HIGH_AGREEMENT):
        return Trust.ONE_SIDED
    if alpha >= RELIABLE_ALPHA:
        return Trust.RELIABLE
    return Trust.TENTATIVE if alpha >= TENTATIVE_ALPHA else Trust.WEAK


def is_known(row: Mapping[str, Any]) -> bool:
    """Return whether a class has an α that rests on enough nominations to be named for it."""
    return row["alpha"] is not None and row["n_pairable_units"] >= FEW_UNITS


def trust_groups(
    *, presence: Sequence[Mapping[str, Any]], unanswered: Sequence[str] = ()
) -> list[TrustGroup]:
    """Return the classes by trust, all kinds, the least agreement first within each.

    ``presence`` are ``presence.presence_rows``; ``unanswered`` are classes that have labels without
    any answer.
    """
    rows = sorted(presence, key=_least_agreement_first)
    names: dict[Trust, list[str]] = {trust: [] for trust in Trust}
    for row in rows:
        names[trust_of(row["alpha"], row["raw"], row["n_pairable_units"])].append(row["name"])
    names[Trust.UNKNOWN] += unanswered
    n = max(1, sum(map(len, names.values())))
    return [
        TrustGroup(trust, *_WORDS[trust], tuple(found), len(found) / n)
        for trust, found in names.items()
    ]


def _least_agreement_first(row: Mapping[str, Any]) -> tuple[float, float, str]:
    return row["raw"] or 0.0, row["alpha"] or 0.0, row["name"]


def trust_in_a_sentence(groups: Sequence[TrustGroup]) -> str:
    """Return what a curator should know first."""
    n = {group.trust: len(group.names) for group in groups}
    if not sum(n.values()):
        return "There is nothing to trust or to doubt yet: no class has an answer or a label."
    if n[Trust.UNKNOWN] == sum(n.values()):
        return (
            f"Nothing is known of {counted(n[Trust.UNKNOWN], 'class', 'classes')} yet: too few "
            "clips were judged by more than one person."
        )
    weakest = next((g.names for g in groups if g.trust is Trust.WEAK), ())
    one_sided = ""
    if n[Trust.ONE_SIDED]:
        one_sided = (
            f" In {n[Trust.ONE_SIDED]:,} more, people agree, but say the same of nearly every "
            "clip, so that chance cannot be ruled out."
        )
    first = f" Begin with “{weakest[0]}”, where people agree least." if weakest else ""
    return (
        f"Of {counted(sum(n.values()), 'class', 'classes')}, {n[Trust.RELIABLE]:,} can be relied "
        f"on, {n[Trust.TENTATIVE]:,} with caution, {n[Trust.WEAK]:,} not yet.{one_sided}{first}"
    )
