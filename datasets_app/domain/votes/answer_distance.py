"""How far apart two answers are."""

import numpy as np
from numpy.typing import NDArray

from datasets_app.domain.votes.answers import ANSWERS

_ON_A_LINE = {"PP": 1.0, "PNP": 0.75, "U": 0.5, "NP": 0.0}
_PLACES = np.array([_ON_A_LINE[answer] for answer in ANSWERS])

ANSWER_DISTANCE: NDArray[np.float64] = (_PLACES[:, None] - _PLACES[None, :]) ** 2
"""Squared distances between the answers, (4, 4) in the order of ``ANSWERS``, for alpha.

The answers stand on a line from "the sound is there alone" (1) to "it is not there" (0). PNP is at
3/4: who says PNP hears the sound, and differs from PP about the rest of the clip only, so that
PP-PNP (1/16) is a ninth of PNP-NP (9/16) and a sixteenth of PP-NP (1). The Freesound Annotator's
ratings have PNP at 1/2 and -1 for NP, which is the same line. **U** is an abstention and has no
place of its own; it stands at 1/2, the middle of present and absent, where it is 1/4 away from
both ends and 1/16 from PNP: an unsure annotator contradicts nobody much. To leave abstentions out
altogether, drop their column and their row::

    krippendorff_alpha(counts[:, :3], ANSWER_DISTANCE[:3, :3])

Source: Krippendorff 2013, section 12.3, for alpha with any metric; the places are ours.

Examples
--------
>>> ANSWER_DISTANCE[0].tolist()  # from PP to PP, PNP, NP, U
[0.0, 0.0625, 1.0, 0.25]
"""
ANSWER_DISTANCE.setflags(write=False)
