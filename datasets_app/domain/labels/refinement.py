"""Exhaustive labelling of one clip by several experts: what each says, and where they differ.

Conventions: a pass is one person's judgement of one clip, a mapping from class (any hashable) to
PP, PNP or NP. A class that a finished pass does not name is left out on purpose: its author
certified that every audible class is labelled.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets_app.domain.errors import RuleError
from datasets_app.domain.votes.answers import Answer

Class = TypeVar("Class", bound=Hashable)

REFINED_ANSWERS = (Answer.PP, Answer.PNP, Answer.NP)
"""What an expert can say of a class in a clip; NP is a label rejected."""
PRESENT = (Answer.PP, Answer.PNP)
SHORTEST_EVENT_S = 0.01
ROUNDING_S = 0.05
"""A player's position may lie this far behind the end of the clip."""


class RefinedSide(StrEnum):
    """Which clips of a collection experts label exhaustively: a side of its latest split, or all.

    Source: FSD50K refines its evaluation set (Fonseca et al. 2021).
    """

    EVAL = "eval"
    DEV = "dev"
    ALL = "all"


def merge_passes(
    passes: Sequence[Mapping[Class, Answer]], ancestors: Mapping[Class, Collection[Class]]
) -> dict[Class, Answer | None]:
    """Return what all passes agree on of every class that one of them names; None where they don't.

    Each pass takes one of these positions on a class: it names it, or names a class below it as
    present (which implies presence and leaves predominance open), or leaves it out (absent). The
    passes differ where one says present and another absent, and where one says PP and another PNP.

    Parameters
    ----------
    passes
        Of one clip; two or more to differ.
    ancestors
        By class, the classes that a label of it propagates to; classes without any may be missing.

    Raises
    ------
    RuleError
        A pass holds an answer other than PP, PNP or NP.

    Notes
    -----
    Source: FSD50K's refinement (Fonseca et al. 2021) had two experts per clip; the treatment of
    implied classes is ours: Bark against Dog is no disagreement about Dog. O(names x passes).

    Examples
    --------
    >>> up = {"Bark": {"Dog"}}
    >>> ana = {"Bark": Answer.PP, "Rain": Answer.NP}
    >>> bea = {"Dog": Answer.PP, "Wind": Answer.PNP}
    >>> {name: answer and str(answer) for name, answer in merge_passes([ana, bea], up).items()}
    {'Bark': None, 'Rain': 'NP', 'Dog': 'PP', 'Wind': None}
    """
    for answer in {answer for one in passes for answer in one.values()}:
        if answer not in REFINED_ANSWERS:
            raise RuleError(f"A pass says {answer}; a refined label is PP, PNP or NP.")
    implied = [_implied(one, ancestors) for one in passes]
    names = dict.fromkeys(name for one in passes for name in one)
    return {
        name: _merged([one.get(name) for one in passes], [name in up for up in implied])
        for name in names
    }


def answers_to_cast(
    answers: Mapping[Class, Answer | None], cast_before: Collection[Class]
) -> dict[Class, Answer]:
    """Return the votes that a finished pass stands for.

    Each named class is a vote. A class that was taken back (None) after it had been cast becomes
    NP: votes are revised, never deleted, and who takes a label back says that it is not there.

    Examples
    --------
    >>> answers = {"Bark": Answer.PP, "Rain": None, "Wind": None}
    >>> {name: str(answer) for name, answer in answers_to_cast(answers, {"Rain"}).items()}
    {'Bark': 'PP', 'Rain': 'NP'}
    """
    named = {name: answer for name, answer in answers.items() if answer is not None}
    return {**named, **{name: Answer.NP for name in answers if name in cast_before - named.keys()}}


def check_every_label_is_judged(open_names: Sequence[str]) -> None:
    """Raise RuleError if labels that a clip has are still to be kept or rejected.

    Examples
    --------
    >>> check_every_label_is_judged(["Bark", "Rain"])
    Traceback (most recent call last):
    datasets_app.domain.errors.RuleError: 2 labels are still open: Bark; Rain. Keep or reject each.
    """
    if open_names:
        n, names = len(open_names), "; ".join(open_names)
        raise RuleError(
            f"{n} labels are still open: {names}. Keep or reject each."
            if n > 1
            else f"One label is still open: {names}. Keep or reject it."
        )


def sound_event(onset_s: float, offset_s: float, duration_s: float) -> tuple[float, float]:
    """Return onset and offset in whole milliseconds, the offset not behind the end of the clip.

    Raises
    ------
    RuleError
        Not 0 <= onset < offset <= duration (with ``ROUNDING_S`` at the end), or shorter than
        ``SHORTEST_EVENT_S`` (inclusive), or not finite.

    Examples
    --------
    >>> sound_event(0.5, 2.0301, 2.0)
    (0.5, 2.0)
    """
    onset = round(onset_s, 3) if np.isfinite(onset_s) else -1.0
    offset = round(min(offset_s, duration_s), 3)
    is_inside = onset >= 0 and offset_s <= duration_s + ROUNDING_S
    if not is_inside or not offset - onset >= SHORTEST_EVENT_S - 1e-9:
        raise RuleError(
            f"Received a mark from {onset_s:g} s to {offset_s:g} s; give one within the clip's "
            f"0 to {duration_s:.2f} s, at least {SHORTEST_EVENT_S:g} s long."
        )
    return onset, offset


def clip_doubt(
    n_conflicted: ArrayLike, n_undecided: ArrayLike, uncertainty: ArrayLike
) -> NDArray[np.float64]:
    """Return how much there is to find out about each clip; those with most are refined first.

    Parameters
    ----------
    n_conflicted, n_undecided
        Shape (n,): its nominations in conflict, and those without a decision yet.
    uncertainty
        Shape (n,): over its decided nominations, the sum of 1 - posterior of the more probable of
        present and absent, so each adds 0 to 0.5.

    Notes
    -----
    Ours: a conflict or an open question counts 1, as much as two decisions at even odds. O(n).

    Examples
    --------
    >>> clip_doubt([1, 0], [0, 2], [0.25, 0.0]).tolist()
    [1.5, 2.0]
    """
    open_ = np.asarray(n_conflicted, np.float64) + np.asarray(n_undecided, np.float64)
    return np.asarray(open_ + 2 * np.asarray(uncertainty, np.float64), np.float64)


def _implied(
    one: Mapping[Class, Answer], ancestors: Mapping[Class, Collection[Class]]
) -> set[Class]:
    present = [name for name, answer in one.items() if answer in PRESENT]
    return {above for name in present for above in ancestors.get(name, ())}


def _merged(answers: Sequence[Answer | None], is_implied: Sequence[bool]) -> Answer | None:
    named = {answer for answer in answers if answer in PRESENT}
    is_present = [
        answer in PRESENT or (answer is None and implied)
        for answer, implied in zip(answers, is_implied, strict=True)
    ]
    if not any(is_present):
        return Answer.NP
    return named.pop() if all(is_present) and len(named) == 1 else None
