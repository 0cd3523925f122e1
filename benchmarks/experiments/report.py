"""``docs/results.md``: what the experiments found, with their spread and the command."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

_HEAD = """\
# Results on the real data at hand

Written by `make experiments` (`python -m benchmarks.experiments --publish`); each figure is of jobs
as the worker runs them, on recordings that `HARKEN_SHARED_DATA` names. Spread is the standard
deviation over what is said; n is how many.
"""
_FOLDS = """
## ESC-10, every eval uploader unseen

Accuracy; each of four folds is the evaluation part once. Of the other three, {left_out} recordings
(folds 1 to 4) are by uploaders of the evaluation fold and left out of training. About 5 % of the
rest, by uploader, is validation, which is looked at but decides nothing. Floor: MFCC statistics,
nearest neighbour by cosine. Network: recipe `vgg_like_short` from scratch. It was chosen before any
of these runs: rate, schedule, batch and mixup on folds 1 and 2 as heard by 3; then 30 epochs with
moving bands against 20 without, which had 86.3 against 82.5 % there and 81.3 against 80.0 % on
folds 3 and 4 as heard by 1 (seed 0). Folds 2 and 4 were never heard by any of these. YAMNet: frozen
embedding, standardised, logistic regression; it has learnt from AudioSet.

{table}
"""
_HIDDEN = """
## Missing labels that are known

600 mixtures of two recordings of folds 1 to 3, 30 % of whose labels are hidden; evaluation on 200
mixtures of fold 4 with all labels. Recipe `small_cnn`. *Times random* is the share of hidden labels
among the flagged over their share among all implicit negatives.

{recovered}

Students at t = {percent:g} %, set before any was trained; lωlrap and mAP on the evaluation part:

{students}
"""
_CONTAMINATION = """
## Contaminated validation

The same model (`small_cnn`), selected on three kinds of validation sets of folds 1 to 3; fold 4 is
the evaluation part. WC and BC: share of validation labels whose uploader is in training with the
same class, or only with another.

{table}
"""
_ACTIVE = """
## Which nominations to ask about first

A replay of ESC-10's real crowd answers: the {n_nominations} nominations of folds 1 to 3 are the
queue, about {n_present} of them right; each asks until two people agree. {batch} nominations at a
time; the model is the cold-start teacher on MFCC statistics. *Covered*: classes (of {n_classes})
with {covered} present clips. Accuracy of the teacher is on fold 4, which nobody was asked about.
Spread is over {n_repeats} orders of people and of ties; `standard` cannot tell these five-second
recordings apart and is random here.

{table}
"""


def results_page(work: Path) -> str:
    """Return the page for the experiments that have results in ``work``."""
    parts = [_HEAD]
    for name, write in (
        ("folds", _folds),
        ("hidden_labels", _hidden_labels),
        ("contamination", _contamination),
        ("active_order", _active_order),
    ):
        path = work / f"{name}.json"
        if path.exists():
            parts.append(write(json.loads(path.read_text(encoding="utf-8"))))
    return "".join(parts)


def spread(values: Sequence[float], percent: bool = False, digits: int = 3) -> str:
    """Return mean ± standard deviation, in percent or not; one value stands alone.

    >>> spread([0.5, 0.7]), spread([0.5], percent=True)
    ('0.600 ± 0.141', '50.0 %')
    """
    factor, digits, unit = (100, 1, " %") if percent else (1, digits, "")
    text = f"{factor * mean(values):.{digits}f}"
    if len(values) > 1:
        text += f" ± {factor * stdev(values):.{digits}f}"
    return text + unit


def _folds(found: dict[str, Any]) -> str:
    of_method: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in found["rows"]:
        of_method[row["method"]][row["fold"]].append(row["accuracy"])
    folds = sorted({row["fold"] for row in found["rows"]})
    lines = []
    for method in sorted(of_method, key=lambda m: mean(_all(of_method[m]))):
        by_fold = of_method[method]
        n_seeds = max(len(values) for values in by_fold.values())
        # The spread over seeds of the mean over folds: folds differ for good, seeds by chance.
        rounds = [mean(by_fold[f][i] for f in folds if i < len(by_fold[f])) for i in range(n_seeds)]
        cells = [spread(by_fold[f], percent=True) for f in folds]
        lines.append([method, *cells, spread(rounds, percent=True), str(n_seeds)])
    head = ["method", *(f"fold {f}" for f in folds), "mean over folds", "seeds"]
    left_out = ", ".join(str(n) for n in found["n_left_out"].values())
    return _FOLDS.format(left_out=left_out, table=_table(head, lines))


def _hidden_labels(found: dict[str, Any]) -> str:
    from benchmarks.experiments.hidden_labels import STUDENT_PERCENT

    recovered = []
    for percent in sorted({row["top_percent"] for row in found["recovered"]}):
        rows = [row for row in found["recovered"] if row["top_percent"] == percent]
        recovered.append(
            [
                f"{percent:g} %",
                spread([row["recovered_share"] for row in rows], percent=True),
                spread([row["precision"] for row in rows], percent=True),
                spread([row["random"] for row in rows], percent=True),
                spread([row["times_random"] for row in rows]),
                str(len(rows)),
            ]
        )
    students = []
    for student in dict.fromkeys(row["student"] for row in found["students"]):
        rows = [row for row in found["students"] if row["student"] == student]
        lwlrap = spread([row["lwlrap"] for row in rows])
        students.append([student, lwlrap, spread([row["map"] for row in rows]), str(len(rows))])
    head = ["t", "hidden labels found", "of the flagged", "at random", "times random", "n"]
    return _HIDDEN.format(
        recovered=_table(head, recovered),
        percent=STUDENT_PERCENT,
        students=_table(["flagged entries", "lωlrap", "mAP", "n"], students),
    )


def _contamination(found: dict[str, Any]) -> str:
    lines = []
    for strategy in dict.fromkeys(row["strategy"] for row in found["rows"]):
        rows = [row for row in found["rows"] if row["strategy"] == strategy]
        lines.append(
            [
                strategy,
                spread([row["within_class"] for row in rows], percent=True),
                spread([row["between_class"] for row in rows], percent=True),
                spread([row["val_map"] for row in rows]),
                spread([row["eval_map"] for row in rows]),
                spread([row["val_map"] - row["eval_map"] for row in rows]),
                str(len(rows)),
            ]
        )
    head = ["validation set", "WC", "BC", "validation mAP", "eval mAP", "difference", "n"]
    return _CONTAMINATION.format(table=_table(head, lines))


def _active_order(found: dict[str, Any]) -> str:
    from benchmarks.experiments.active_order import BATCH, COVERED

    lines = []
    for n_answers in sorted({row["n_answers"] for row in found["rows"]}):
        for order in dict.fromkeys(row["order"] for row in found["rows"]):
            rows = [r for r in found["rows"] if (r["order"], r["n_answers"]) == (order, n_answers)]
            lines.append(
                [
                    str(n_answers),
                    order,
                    spread([row["n_present"] for row in rows], digits=1),
                    spread([row["n_absent"] for row in rows], digits=1),
                    spread([row["n_covered"] for row in rows], digits=1),
                    spread([row["fewest"] for row in rows], digits=1),
                    spread([row["accuracy"] for row in rows], percent=True),
                ]
            )
    head = ["answers", "order", "present", "not present", "covered", "thinnest class", "accuracy"]
    return _ACTIVE.format(
        n_nominations=found["n_nominations"],
        n_present=found["n_present"],
        n_classes=found["n_classes"],
        batch=BATCH,
        covered=COVERED,
        n_repeats=len({row["repeat"] for row in found["rows"]}),
        table=_table(head, lines),
    )


def _all(by_fold: dict[int, list[float]]) -> list[float]:
    return [value for values in by_fold.values() for value in values]


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
