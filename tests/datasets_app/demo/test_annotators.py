"""Simulated annotators err as often as they are said to, and never by chance of order."""

import random
from collections import Counter

import numpy as np
import pytest

from datasets_app.demo.annotators import (
    DEMO_ANNOTATORS,
    AnnotatorKind,
    Reliability,
    draw_votes,
    simulate_answer,
)
from datasets_app.domain.votes.answers import Answer

N_ANSWERS = 20_000
SLOPPY = Reliability(p_confuse_predominance=0.2, p_miss=0.3, p_false_alarm=0.4, p_unsure=0.1)


def shares(reliability, *, is_present, is_predominant):
    rng = np.random.default_rng(5)
    counts = Counter(
        simulate_answer(rng, reliability, is_present=is_present, is_predominant=is_predominant)
        for _ in range(N_ANSWERS)
    )
    return {answer: counts[answer] / N_ANSWERS for answer in Answer}


@pytest.mark.parametrize(
    ("is_present", "is_predominant", "expected"),
    [
        (True, True, {"PP": 0.9 * 0.7 * 0.8, "PNP": 0.9 * 0.7 * 0.2, "NP": 0.27, "U": 0.1}),
        (True, False, {"PP": 0.9 * 0.7 * 0.2, "PNP": 0.9 * 0.7 * 0.8, "NP": 0.27, "U": 0.1}),
        (False, False, {"PP": 0.18, "PNP": 0.18, "NP": 0.9 * 0.6, "U": 0.1}),
    ],
)
def test_answers_come_as_often_as_the_error_rates_say(is_present, is_predominant, expected):
    seen = shares(SLOPPY, is_present=is_present, is_predominant=is_predominant)
    for answer, share in expected.items():
        assert seen[Answer(answer)] == pytest.approx(share, abs=0.015)


def test_an_annotator_without_errors_always_tells_the_truth():
    perfect = Reliability(0.0, 0.0, 0.0, 0.0)
    assert shares(perfect, is_present=True, is_predominant=True)[Answer.PP] == 1.0
    assert shares(perfect, is_present=True, is_predominant=False)[Answer.PNP] == 1.0
    assert shares(perfect, is_present=False, is_predominant=False)[Answer.NP] == 1.0


def test_an_error_rate_of_one_always_errs():
    always_wrong = Reliability(1.0, 0.0, 1.0, 0.0)
    assert shares(always_wrong, is_present=True, is_predominant=True)[Answer.PNP] == 1.0
    assert shares(always_wrong, is_present=False, is_predominant=False)[Answer.NP] == 0.0


def test_the_demo_has_experts_careful_and_hasty_people_and_one_spammer():
    kinds = Counter(each.kind for each in DEMO_ANNOTATORS)
    assert 8 <= len(DEMO_ANNOTATORS) <= 10
    assert set(kinds) == set(AnnotatorKind)
    assert kinds[AnnotatorKind.SPAMMER] == 1


PAIRS = [(f"clip-{k}", mid) for k in range(500) for mid in ("bark", "rain")]
TRUTH = {clip_id: {"bark": True} for clip_id, _ in PAIRS}


def votes(pairs, seed=3):
    return draw_votes(pairs, truth=TRUTH, annotators=DEMO_ANNOTATORS, seed=seed)


def test_votes_depend_neither_on_the_order_nor_on_the_company_of_nominations():
    shuffled = random.Random(0).sample(PAIRS, len(PAIRS))
    assert votes(shuffled) == votes(PAIRS)
    few = PAIRS[10:30]
    assert votes(few) == [row for row in votes(PAIRS) if (row.clip_id, row.mid) in set(few)]
    assert votes(PAIRS, seed=4) != votes(PAIRS)


def test_most_nominations_get_three_to_five_votes_some_one_and_a_few_none():
    per_pair = Counter((row.clip_id, row.mid) for row in votes(PAIRS))
    sizes = Counter(per_pair[pair] for pair in PAIRS)
    assert set(sizes) == {0, 1, 3, 4, 5}
    assert sizes[0] / len(PAIRS) == pytest.approx(0.08, abs=0.03)
    assert sizes[1] / len(PAIRS) == pytest.approx(0.12, abs=0.03)


def test_nobody_votes_twice_on_one_nomination():
    rows = votes(PAIRS)
    assert len({row[:3] for row in rows}) == len(rows)


def test_reliable_annotators_are_right_more_often_than_the_spammer():
    right, asked = Counter(), Counter()
    kinds = {each.annotator: each.kind for each in DEMO_ANNOTATORS}
    for row in votes(PAIRS):
        expected = Answer.PP if row.mid == "bark" else Answer.NP
        right[kinds[row.annotator]] += row.answer is expected
        asked[kinds[row.annotator]] += 1
    share = {kind: right[kind] / asked[kind] for kind in AnnotatorKind}
    assert share[AnnotatorKind.EXPERT] > share[AnnotatorKind.CAREFUL]
    assert share[AnnotatorKind.CAREFUL] > share[AnnotatorKind.HASTY]
    assert share[AnnotatorKind.HASTY] > share[AnnotatorKind.SPAMMER]
