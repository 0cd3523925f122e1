"""Simulated annotators of known reliability, and the truth that only they may see.

They stand in for people in the demo and in tests: their answers come from what a clip really
holds and from four error rates per annotator. No other part of the platform reads the truth.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from datasets_app.demo.seeding import named_generator
from datasets_app.domain.votes.answers import Answer

Truth = Mapping[str, Mapping[str, bool]]

SHARE_WITHOUT_VOTES = 0.08
SHARE_WITH_ONE_VOTE = 0.12
VOTES_PER_NOMINATION = (3, 5)


class AnnotatorKind(StrEnum):
    """How an annotator works."""

    EXPERT = "expert"
    CAREFUL = "careful"
    HASTY = "hasty"
    SPAMMER = "spammer"


@dataclass(frozen=True, slots=True)
class Reliability:
    """Error rates of an annotator, each a probability between 0 and 1 inclusive.

    Attributes
    ----------
    p_confuse_predominance
        Of giving PNP for a predominant sound, or PP for another present one.
    p_miss
        Of giving NP for a sound that is present.
    p_false_alarm
        Of giving PP or PNP (equally likely) for a sound that is not present.
    p_unsure
        Of giving U, whatever the clip holds; it comes before the other errors.
    """

    p_confuse_predominance: float
    p_miss: float
    p_false_alarm: float
    p_unsure: float


@dataclass(frozen=True, slots=True)
class SimulatedAnnotator:
    """An annotator's name, way of working and error rates."""

    annotator: str
    kind: AnnotatorKind
    reliability: Reliability


class VoteRow(NamedTuple):
    """One row of ``validation_votes.csv``."""

    annotator: str
    clip_id: str
    mid: str
    answer: Answer


def _annotator(name: str, kind: AnnotatorKind, *error_rates: float) -> SimulatedAnnotator:
    return SimulatedAnnotator(name, kind, Reliability(*error_rates))


DEMO_ANNOTATORS = (
    _annotator("ada", AnnotatorKind.EXPERT, 0.04, 0.02, 0.01, 0.02),
    _annotator("bruno", AnnotatorKind.EXPERT, 0.05, 0.03, 0.02, 0.01),
    _annotator("chidi", AnnotatorKind.CAREFUL, 0.10, 0.05, 0.03, 0.06),
    _annotator("dora", AnnotatorKind.CAREFUL, 0.12, 0.06, 0.04, 0.04),
    _annotator("emil", AnnotatorKind.CAREFUL, 0.08, 0.08, 0.02, 0.08),
    _annotator("farah", AnnotatorKind.CAREFUL, 0.15, 0.05, 0.05, 0.03),
    _annotator("goran", AnnotatorKind.HASTY, 0.25, 0.15, 0.10, 0.02),
    _annotator("hana", AnnotatorKind.HASTY, 0.30, 0.20, 0.08, 0.03),
    _annotator("spam-bot", AnnotatorKind.SPAMMER, 0.50, 0.50, 0.50, 0.05),
)


def simulate_answer(
    rng: np.random.Generator, reliability: Reliability, *, is_present: bool, is_predominant: bool
) -> Answer:
    """One answer of an annotator of known reliability to one nomination.

    Three uniform numbers are drawn from ``rng`` whatever the answer, so that a run with other
    error rates draws the same numbers. ``is_predominant`` counts only if ``is_present``.

    Examples
    --------
    >>> perfect = Reliability(0.0, 0.0, 0.0, 0.0)
    >>> simulate_answer(
    ...     np.random.default_rng(0), perfect, is_present=True, is_predominant=False
    ... ).value
    'PNP'
    """
    unsure, presence, predominance = rng.random(3)
    if unsure < reliability.p_unsure:
        return Answer.U
    if is_present and presence < reliability.p_miss:
        return Answer.NP
    if not is_present:
        if presence >= reliability.p_false_alarm:
            return Answer.NP
        return Answer.PP if predominance < 0.5 else Answer.PNP
    confused = predominance < reliability.p_confuse_predominance
    return Answer.PP if is_predominant != confused else Answer.PNP


def answer_nomination(
    annotator: SimulatedAnnotator, clip_id: str, mid: str, *, truth: Truth, seed: int
) -> VoteRow:
    """The annotator's answer, fixed by seed, annotator, clip and class alone.

    A clip that the truth does not know holds nothing.
    """
    content = truth.get(clip_id, {})
    answer = simulate_answer(
        named_generator(seed, "answer", annotator.annotator, clip_id, mid),
        annotator.reliability,
        is_present=mid in content,
        is_predominant=content.get(mid, False),
    )
    return VoteRow(annotator.annotator, clip_id, mid, answer)


def draw_votes(
    pairs: Iterable[tuple[str, str]],
    *,
    truth: Truth,
    annotators: Sequence[SimulatedAnnotator],
    seed: int,
    votes_per_nomination: tuple[int, int] = VOTES_PER_NOMINATION,
    share_with_one: float = SHARE_WITH_ONE_VOTE,
    share_without: float = SHARE_WITHOUT_VOTES,
) -> list[VoteRow]:
    """Simulated answers for nominations, in the order of clip, class, annotator.

    Parameters
    ----------
    pairs
        (clip_id, mid) of each nomination; order and repetitions change nothing.
    truth
        What each clip really holds, ancestors included (``with_ancestors``).
    annotators
        Who may be asked; nobody is asked twice about one nomination.
    seed
        With the pair's names, the only source of chance.
    votes_per_nomination
        Fewest and most answers of a fully worked nomination, both included.
    share_with_one, share_without
        Expected shares of nominations with a single answer, and with none.
    """
    rows = []
    for clip_id, mid in sorted(set(pairs)):
        rng = named_generator(seed, "asked", clip_id, mid)
        n_votes = _draw_n_votes(rng, votes_per_nomination, share_with_one, share_without)
        asked = rng.permutation(len(annotators))[:n_votes]
        for index in sorted(int(k) for k in asked):
            rows.append(answer_nomination(annotators[index], clip_id, mid, truth=truth, seed=seed))
    return rows


def _draw_n_votes(
    rng: np.random.Generator,
    votes_per_nomination: tuple[int, int],
    share_with_one: float,
    share_without: float,
) -> int:
    chance = rng.random()
    if chance < share_without:
        return 0
    if chance < share_without + share_with_one:
        return 1
    fewest, most = votes_per_nomination
    return int(rng.integers(fewest, most + 1))


def with_ancestors(
    truth: Truth, ancestors: Mapping[str, Iterable[str]]
) -> dict[str, dict[str, bool]]:
    """The truth with every propagated ancestor; one of a predominant class is predominant.

    ``ancestors[mid]`` are all classes that ``mid`` propagates to, at any distance.

    Examples
    --------
    >>> with_ancestors({"a": {"bark": True, "rain": False}}, {"bark": ["dog"], "rain": ["dog"]})
    {'a': {'bark': True, 'rain': False, 'dog': True}}
    """
    expanded: dict[str, dict[str, bool]] = {}
    for clip_id, content in truth.items():
        held = dict(content)
        for mid, predominant in content.items():
            for ancestor in ancestors.get(mid, ()):
                held[ancestor] = held.get(ancestor, False) or predominant
        expanded[clip_id] = held
    return expanded


def read_truth(path: Path) -> dict[str, dict[str, bool]]:
    """Read ``truth.csv``: clip_id -> class id -> whether it is predominant."""
    truth: dict[str, dict[str, bool]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            truth.setdefault(row["clip_id"], {})[row["mid"]] = row["predominant"] == "1"
    return truth


def read_annotators(path: Path) -> list[SimulatedAnnotator]:
    """Read ``annotators.csv`` in the order of its rows."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            _annotator(
                row["annotator"],
                AnnotatorKind(row["kind"]),
                float(row["p_confuse_predominance"]),
                float(row["p_miss"]),
                float(row["p_false_alarm"]),
                float(row["p_unsure"]),
            )
            for row in csv.DictReader(file)
        ]
