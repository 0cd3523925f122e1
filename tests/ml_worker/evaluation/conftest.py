"""Scores as a run would leave them, without training one."""

from collections.abc import Callable

import numpy as np
import pytest

from ml_worker.evaluation.protocol import Protocol
from ml_worker.evaluation.scored_split import ScoredSplit
from ml_worker.release import SoundClass

CLASSES = tuple(SoundClass(name, f"/m/{name.lower()}") for name in ("Dog", "Cat", "Rain", "Bell"))


@pytest.fixture
def make_scored() -> Callable[..., ScoredSplit]:
    """Scores of 40 clips and four classes; ``skill`` from 0 (chance) to 1."""

    def make(skill: float = 0.3, seed: int = 0, **parts) -> ScoredSplit:
        rng = np.random.default_rng(7)
        states = rng.choice([0, 0, 0, 1, 2, 3], size=(40, 4)).astype(np.int8)
        noise = np.random.default_rng([seed, 1]).random(states.shape)
        scores = (skill * (states == 1) + (1 - skill) * noise).astype(np.float32)
        given = {"release": "yard", "version": "1.0", "data_sha256": "ab" * 32, "split": "eval"}
        protocol = Protocol(**{**given, "front_end": "logmel1", "seed": seed, **parts})
        return ScoredSplit(protocol, CLASSES, tuple(f"clip{i}" for i in range(40)), states, scores)

    return make
