"""What stands above the votes: adjudications, and differences between experts."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from django.db.models import CharField, F, Value
from numpy.typing import NDArray

from datasets_app.clips.models import Collection
from datasets_app.domain.labels.adjudication import settle_conflicts
from datasets_app.domain.labels.decision import Decisions
from datasets_app.domain.votes.answers import ANSWERS
from datasets_app.labels.adjudication.models import Adjudication
from datasets_app.labels.refinement.models import RefinementDifference

DIFFERENCE = ""
_COLUMN = {answer.value: column for column, answer in enumerate(ANSWERS)}


class StandingWord(NamedTuple):
    """An adjudicated answer, or ``DIFFERENCE``; the last by ``at``, then ``pk``, holds.

    ``at`` is a moment, or a text that sorts as moments do.
    """

    nomination_id: int
    answer: str
    at: Any
    pk: int


def settle(
    decisions: Decisions, nomination_ids: NDArray[np.int64], words: Iterable[StandingWord]
) -> Decisions:
    """Return the decisions on these nominations after adjudication; words on others are ignored."""
    place = {pk: i for i, pk in enumerate(nomination_ids.tolist())}
    adjudicated = np.full(len(place), -1, np.int64)
    disputed = np.zeros(len(place), np.bool_)
    for word in sorted(words, key=_last_comes_last):
        if word.nomination_id not in place:
            continue
        if word.answer == DIFFERENCE:
            disputed[place[word.nomination_id]] = True
        else:
            adjudicated[place[word.nomination_id]] = _COLUMN[word.answer]
    return settle_conflicts(decisions, adjudicated, disputed)


def standing_words(
    *, collection: Collection, nominations: Iterable[int] | None
) -> list[StandingWord]:
    """Return what was adjudicated and differs; one query.

    ``nominations`` restricts it as in ``count_votes``: ids, or None for the collection.
    """
    of_those = (
        {"nomination__clip__collection": collection}
        if nominations is None
        else {"nomination__in": list(nominations)}
    )
    differences = RefinementDifference.objects.filter(**of_those).order_by()
    decided = Adjudication.objects.filter(**of_those, withdrawn_at=None).order_by()
    rows = differences.values_list(
        "nomination_id",
        Value(DIFFERENCE, output_field=CharField()),
        F("found_at"),
        "pk",
    ).union(decided.values_list("nomination_id", "answer", "decided_at", "pk"), all=True)
    return [StandingWord(*row) for row in rows]


def _last_comes_last(word: StandingWord) -> tuple[Any, int]:
    return word.at, word.pk
