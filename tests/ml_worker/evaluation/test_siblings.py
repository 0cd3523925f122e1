"""Sibling confusion equals its definition, written out."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml_worker.evaluation.siblings import sibling_confusion

SIBLINGS = [[1, 2], [0, 2], [0, 1], []]


@st.composite
def tables(draw):
    shape = (draw(st.integers(1, 8)), 4)
    scores = draw(arrays(np.float64, shape, elements=st.sampled_from([0.0, 0.4, 0.5, 1.0])))
    decided = draw(arrays(np.bool_, shape))
    return draw(arrays(np.bool_, shape)) & decided, scores, decided


@given(tables())
@settings(max_examples=150, deadline=None)
def test_it_equals_its_definition(table):
    targets, scores, decided = table
    found = sibling_confusion(targets, scores, decided, SIBLINGS)
    assert [row.column for row in found] == [0, 1, 2]
    for row in found:
        rates = [_rate(targets, scores, decided, row.column, p.other) for p in row.siblings]
        assert [p.rate for p in row.siblings] == pytest.approx(rates, nan_ok=True)
        assert row.mass == pytest.approx(_mass(targets, scores, decided, row.column), nan_ok=True)
        others = _rate(targets, scores, decided, row.column, 3)
        assert row.rate_of_others == pytest.approx(others, nan_ok=True)


def _outranks(theirs: float, own: float) -> float:
    return 1.0 if theirs > own else 0.5 if theirs == own else 0.0


def _rate(targets, scores, decided, c, d) -> float:
    rows = [r for r in range(len(scores)) if targets[r, c] and decided[r, d] and not targets[r, d]]
    values = [_outranks(scores[r, d], scores[r, c]) for r in rows]
    return sum(values) / len(values) if values else math.nan


def _mass(targets, scores, decided, c) -> float:
    values = []
    for r in range(len(scores)):
        absent = [scores[r, d] for d in SIBLINGS[c] if decided[r, d] and not targets[r, d]]
        if targets[r, c] and absent:
            values.append(_outranks(max(absent), scores[r, c]))
    return sum(values) / len(values) if values else math.nan


def test_the_sibling_that_outranks_most_comes_first():
    targets = np.array([[1, 0, 0]] * 4, dtype=bool)
    scores = np.array([[0.5, 0.1, 0.9], [0.5, 0.1, 0.9], [0.5, 0.6, 0.9], [0.5, 0.1, 0.5]])
    (row,) = sibling_confusion(targets, scores, np.ones_like(targets), [[1, 2], [], []])
    assert [(p.other, p.rate, p.n_clips) for p in row.siblings] == [(2, 0.875, 4), (1, 0.25, 4)]
    assert row.mass == 0.875
    assert math.isnan(row.rate_of_others)
