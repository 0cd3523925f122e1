"""How far people agree that a sound is there, whatever they say of its predominance."""

import math
from typing import Any

import numpy as np

from datasets_app.clips.models import Collection
from datasets_app.domain.votes.agreement import krippendorff_alpha, raw_agreement
from datasets_app.domain.votes.answers import ANSWERS, Answer
from datasets_app.votes.selectors import count_votes

_PRESENT = [ANSWERS.index(Answer.PP), ANSWERS.index(Answer.PNP)]
_ABSENT = ANSWERS.index(Answer.NP)


def presence_rows(*, collection: Collection) -> list[dict[str, Any]]:
    """Return the agreement on presence of each class that has trusted answers, by name.

    Rows have mid, name, alpha, raw (the share of equal pairs; both None where undefined) and
    n_pairable_units, the nominations that two or more people judged present or absent; U is left
    out. A bounded number of queries.
    """
    votes = count_votes(collection=collection)
    counts = np.column_stack([votes.counts[:, _PRESENT].sum(axis=1), votes.counts[:, _ABSENT]])
    classes = collection.ontology.classes.in_bulk(np.unique(votes.class_ids).tolist())
    rows = []
    for sound_class in sorted(classes.values(), key=lambda c: (c.name, c.mid)):
        of_class = counts[votes.class_ids == sound_class.pk]
        rows.append(
            {
                "mid": sound_class.mid,
                "name": sound_class.name,
                "alpha": _defined(krippendorff_alpha(of_class)),
                "raw": _defined(raw_agreement(of_class)),
                "n_pairable_units": int((of_class.sum(axis=1) >= 2).sum()),
            }
        )
    return rows


def _defined(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
