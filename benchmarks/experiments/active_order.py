"""Orders of the queue on a replay of real answers: what has come of a number of answers.

ESC-10's crowd answered which sounds are in its recordings (``validation_votes.csv``). The
nominations of folds 1 to 3 are the queue; fold 4 is never asked and measures the model. A
nomination asks people, in a random order of those who really answered it, until two give the same
answer; so each order gets real answers, and only the order differs. Every ``BATCH`` nominations the
cold-start teacher learns anew from what was decided (MFCC statistics), and scores what is open.

The first ``BATCH`` nominations are the same random ones for every order of a seed. The standard
order has nothing to tell five-second recordings apart by, so it is the random one here.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.experiments.esc10 import Esc10
from benchmarks.experiments.release_folder import ClipToRelease, write_release
from benchmarks.experiments.running import Workplace
from datasets_app.domain.nominations.active_order import (
    diversity,
    expected_gain,
    share_present,
    uncertainty,
)
from ml_worker.cold_start import cold_start_scores
from ml_worker.contract import JobKind
from ml_worker.embeddings.table import read_embeddings
from ml_worker.release import LabelState, Split

ORDERS = ("standard", "uncertain", "thin_classes", "diverse")
CHECKPOINTS = (100, 200, 300, 400)
"""Answers asked; the queue is used up at about 550."""
BATCH = 20
GOAL = 15
"""Present clips that a class should have; the fullest class of the queue has more."""
COVERED = 10
"""Present clips from which a class counts as covered."""
AGREEING = 2
N_REPEATS = 20
EVAL_FOLD = 4


@dataclass(frozen=True, slots=True)
class Pool:
    """The queue: each nomination's clip (a row of ``embeddings``), class, and people's answers."""

    clip: NDArray[np.int64]
    sound_class: NDArray[np.int64]
    answers: list[list[bool]]
    embeddings: NDArray[np.float32]
    is_eval: NDArray[np.bool_]
    truth: NDArray[np.int64]
    n_classes: int


@dataclass(slots=True)
class Replay:
    """What was asked and decided so far: of each nomination None, present or not."""

    pool: Pool
    order_of_people: list[list[bool]]
    decided: list[bool | None] = field(default_factory=list)
    is_open: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    n_answers: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, nomination: int) -> None:
        """Ask people one after the other until two agree or nobody is left."""
        counts = {True: 0, False: 0}
        for answer in self.order_of_people[nomination]:
            counts[answer] += 1
            self.n_answers += 1
            if counts[answer] == AGREEING:
                self.decided[nomination] = answer
                break
        self.is_open[nomination] = False


def run_active_order(esc10: Esc10, place: Workplace, votes: Path) -> dict[str, Any]:
    """Return, for each order, repeat and checkpoint, what the answers so far have brought.

    ``votes`` is ``validation_votes.csv``: annotator, clip_id, mid, answer.
    """
    pool = _pool(esc10, place, _read_votes(votes))
    rows = [
        {"order": order, "repeat": repeat, **row}
        for repeat in range(N_REPEATS)
        for order in ORDERS
        for row in _replay(pool, order, repeat)
    ]
    return {
        "rows": rows,
        "n_nominations": len(pool.clip),
        "n_present": int(sum(_majority(answers) for answers in pool.answers)),
        "n_classes": pool.n_classes,
    }


def _replay(pool: Pool, order: str, repeat: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng([repeat, 31])
    people = [rng.permutation(answers).tolist() for answers in pool.answers]
    shuffle = rng.random(len(pool.clip))
    replay = Replay(pool, people, [None] * len(people), np.ones(len(people), bool))
    waiting = list(CHECKPOINTS)
    values = np.zeros(len(people))
    while waiting and replay.is_open.any():
        ranked = np.lexsort((shuffle, -np.nan_to_num(values, nan=-1.0)))
        for nomination in ranked[replay.is_open[ranked]][:BATCH].tolist():
            replay.ask(nomination)
            while waiting and replay.n_answers >= waiting[0]:
                replay.rows.append(_measure(replay, waiting.pop(0)))
        values = _values(order, replay)
    return replay.rows


def _values(order: str, replay: Replay) -> NDArray[np.float64]:
    """Return every nomination's value by an order, from what is decided so far."""
    pool = replay.pool
    if order == "standard":
        return np.zeros(len(pool.clip))
    if order == "diverse":
        return _diverse(replay)
    scores = cold_start_scores(pool.embeddings, _states(replay), min_examples=1)
    p = scores[pool.clip, pool.sound_class].astype(float)
    if order == "uncertain":  # a class that the teacher does not know yet is wholly uncertain
        return np.nan_to_num(uncertainty(p), nan=1.0)
    present, absent = _counts(replay)
    known = np.where(np.isnan(p), share_present(present, absent)[pool.sound_class], p)
    return expected_gain(known, present[pool.sound_class], GOAL)


def _diverse(replay: Replay) -> NDArray[np.float64]:
    pool, values = replay.pool, np.full(len(replay.pool.clip), np.nan)
    for column in range(pool.n_classes):
        here = np.flatnonzero((pool.sound_class == column) & replay.is_open)
        heard = np.flatnonzero((pool.sound_class == column) & ~replay.is_open)
        if len(here):
            rows = pool.embeddings
            values[here] = diversity(rows[pool.clip[here]], rows[pool.clip[heard]])
    return values


def _states(replay: Replay) -> NDArray[np.int8]:
    pool = replay.pool
    shape = (len(pool.embeddings), pool.n_classes)
    states = np.full(shape, LabelState.IMPLICIT_NEGATIVE, np.int8)
    for row, column, value in zip(pool.clip, pool.sound_class, replay.decided, strict=True):
        if value is not None:
            states[row, column] = LabelState.POSITIVE if value else LabelState.EXPLICIT_NEGATIVE
    return states


def _counts(replay: Replay) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    found = np.zeros((2, replay.pool.n_classes), np.int64)
    for column, value in zip(replay.pool.sound_class, replay.decided, strict=True):
        if value is not None:
            found[0 if value else 1, column] += 1
    return found[0], found[1]


def _measure(replay: Replay, checkpoint: int) -> dict[str, Any]:
    """Return what so many answers have brought; the accuracy is on the fold nobody was asked of."""
    pool = replay.pool
    present, absent = _counts(replay)
    scores = cold_start_scores(pool.embeddings, _states(replay), min_examples=1)
    guesses = np.nan_to_num(scores[pool.is_eval], nan=-1.0).argmax(axis=1)
    return {
        "n_answers": checkpoint,
        "n_present": int(present.sum()),
        "n_absent": int(absent.sum()),
        "n_covered": int((present >= COVERED).sum()),
        "fewest": int(present.min()),
        "accuracy": float(np.mean(guesses == pool.truth[pool.is_eval])),
    }


def _pool(esc10: Esc10, place: Workplace, votes: dict[tuple[str, str], list[bool]]) -> Pool:
    clips = [
        ClipToRelease(r.name, Split.EVAL if r.fold == EVAL_FOLD else Split.TRAIN, (r.mid,), r.path)
        for r in esc10.recordings
    ]
    release = write_release(place.folder / "releases" / "active", esc10.classes, clips)
    made = place.run(
        "active-mfcc", JobKind.EMBED, {"release": release}, {"provider": "mfcc-statistics"}
    )
    table, names = read_embeddings(made), [r.name for r in esc10.recordings]
    row_of = {r.name: i for i, r in enumerate(esc10.recordings)}
    column_of = {mid: i for i, (_, mid) in enumerate(esc10.classes)}
    is_eval = np.array([r.fold == EVAL_FOLD for r in esc10.recordings])
    pairs = [pair for pair in votes if pair[0] in row_of and not is_eval[row_of[pair[0]]]]
    return Pool(
        clip=np.array([row_of[name] for name, _ in pairs]),
        sound_class=np.array([column_of[mid] for _, mid in pairs]),
        answers=[votes[pair] for pair in pairs],
        embeddings=np.asarray(table.embeddings[table.rows_of(names)]),
        is_eval=is_eval,
        truth=np.array([column_of[r.mid] for r in esc10.recordings]),
        n_classes=len(esc10.classes),
    )


def _read_votes(path: Path) -> dict[tuple[str, str], list[bool]]:
    """Return the answers on each (clip, class): whether the sound is there."""
    votes: dict[tuple[str, str], list[bool]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            votes[row["clip_id"], row["mid"]].append(row["answer"] == "PP")
    return dict(votes)


def _majority(answers: Sequence[bool]) -> bool:
    return sum(answers) * 2 > len(answers)
