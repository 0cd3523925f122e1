"""The same seed gives the same split on SQLite and on PostgreSQL, down to the last clip."""

import hashlib

import numpy as np
import pytest

from datasets_app.splits.models import TrainValStrategy
from datasets_app.splits.services import SplitSettings, assign_splits, continue_latest_split

pytestmark = pytest.mark.django_db

MIDS = ["/m/bark", "/m/cat", "/m/rain", "/m/dog", "/m/growl"]
NAMES = ["ana", "Ana", "Ägir", "zoë", "_x", "10", "9", "a-b", "a b", "Ж"]
"""Databases sort these differently, each by its collation."""
GOLDEN = {
    (TrainValStrategy.CONTAMINATION, "first"): "4c440a2bb1c1f2bf",
    (TrainValStrategy.CONTAMINATION, "continued"): "efd6dd4991d29c19",
    (TrainValStrategy.RANDOM, "first"): "24fcb70746455243",
    (TrainValStrategy.RANDOM, "continued"): "d482ad341de8eae5",
    (TrainValStrategy.ITERATIVE, "first"): "ef8e7b312c193d3b",
    (TrainValStrategy.ITERATIVE, "continued"): "e4c78cb818da87ce",
}
"""sha256 of the places, found on SQLite. They change only when a rule is changed on purpose."""


def draw_rows(start: int, n: int):
    rng = np.random.default_rng(start)
    for number in range(start, start + n):
        uploader = f"{NAMES[number % 10]}{rng.integers(0, 6)}"
        mids = rng.choice(MIDS, size=rng.integers(1, 3), replace=False).tolist()
        yield f"{NAMES[number % 7]}.{number}", uploader, mids


def digest(places: dict[str, str]) -> str:
    listed = "".join(f"{clip},{part}\n" for clip, part in sorted(places.items()))
    return hashlib.sha256(listed.encode()).hexdigest()[:16]


@pytest.mark.parametrize("strategy", list(TrainValStrategy))
def test_the_places_are_those_on_record(collection, add_labelled_clips, places, strategy):
    settings = SplitSettings(seed=11, strategy=strategy)
    add_labelled_clips(collection, draw_rows(0, 200))
    first = assign_splits(collection=collection, settings=settings)
    add_labelled_clips(collection, draw_rows(200, 100))
    continued = continue_latest_split(collection=collection, settings=settings)
    found = {"first": digest(places(first)), "continued": digest(places(continued))}
    assert found == {name: GOLDEN[strategy, name] for name in found}
