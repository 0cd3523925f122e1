"""Which classes are a good start for someone who has never judged a recording."""

from dataclasses import dataclass

CLASHES_ALLOWED = 0.10
"""Share (inclusive) of settled clips whose answers clashed."""
UNSURE_ALLOWED = 0.05
"""Share (inclusive) of answers that were "unsure"."""
ANSWERS_NEEDED = 20
SETTLED_NEEDED = 10
"""Fewer (exclusive) tell too little of a class."""


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """What people's answers and the curators' words say of one class.

    ``n_decided`` and ``n_conflicted`` clips are settled; ``n_unsure`` of ``n_answers`` were U;
    ``is_explained``: it has questions answered, or examples.
    """

    n_decided: int
    n_conflicted: int
    n_answers: int
    n_unsure: int
    is_explained: bool


def is_easy(record: ClassRecord) -> bool:
    """Return whether people agree on a class, are seldom unsure, and find it explained.

    Notes
    -----
    Source: issue 4 §1, easy classes for beginners. A class that nobody has judged yet is not called
    easy: nothing is known of it.

    Examples
    --------
    >>> is_easy(ClassRecord(18, 2, 40, 2, True))
    True
    >>> is_easy(ClassRecord(18, 3, 40, 2, True)), is_easy(ClassRecord(18, 2, 40, 3, True))
    (False, False)
    """
    n_settled = record.n_decided + record.n_conflicted
    if n_settled < SETTLED_NEEDED or record.n_answers < ANSWERS_NEEDED:
        return False
    return (
        record.is_explained
        and record.n_conflicted <= CLASHES_ALLOWED * n_settled
        and record.n_unsure <= UNSURE_ALLOWED * record.n_answers
    )
