"""Real data that several rules are tried on."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

COLUMN_OF_RATING = {1: 0, 0.5: 1, -1: 2, 0: 3}
"""FSD50K's published ratings, as columns in the order of ``ANSWERS``."""


@pytest.fixture(scope="session")
def fsd50k_counts(shared_data: Path) -> NDArray[np.int64]:
    """Counts of PP, PNP, NP and U for each of the 47,031 labels of FSD50K's development ratings."""
    clips = json.loads((shared_data / "fsd50k" / "pp_pnp_ratings_dev.json").read_text())
    return np.array(
        [
            np.bincount([COLUMN_OF_RATING[rating] for rating in ratings], minlength=4)
            for labels in clips.values()
            for ratings in labels.values()
        ]
    )
