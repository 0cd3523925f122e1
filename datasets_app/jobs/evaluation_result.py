"""What an evaluate job measured, read from its files and checked before anything is shown."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasets_app.jobs.models import Job
from datasets_app.jobs.result_files import ResultUnreadable, read_result_json

METRICS_FILE, CALIBRATION_FILE, REPORT_FILE = "metrics.json", "calibration.json", "report.html"
OVERALL = ("map_macro", "map_micro", "d_prime_of_mean_auc", "lwlrap", "map_at_3")
"""The figures for all classes together, in the order in which they are shown."""
COMPARABLE = ("data_sha256", "split", "front_end", "aggregation")
"""The parts of a protocol that two runs must share to be compared: all but names and seed."""
MOST_ROWS, MOST_CHARACTERS = 20_000, 500


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; None where it is not defined."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class on the measured split. ``chance`` is its share of the clips."""

    mid: str
    name: str
    n_positive: int
    average_precision: Estimate
    roc_auc: Estimate
    d_prime: float | None
    chance: float | None


@dataclass(frozen=True, slots=True)
class Confusion:
    """A class whose siblings the model hears in its place: the worst of them, ``rate`` of clips."""

    mid: str
    name: str
    mass: float
    n_clips: int
    other_mid: str
    other: str
    rate: float | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What the model said of one class in a clip."""

    name: str
    score: float
    is_label: bool


@dataclass(frozen=True, slots=True)
class MeasuredClip:
    """A clip at one end of the list; ``ranking`` 1 is without fault."""

    fname: str
    ranking: float | None
    labels: tuple[Heard, ...]
    top: tuple[Heard, ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """Scores from ``low`` to ``high``: their mean, and the share that was positive."""

    low: float
    high: float
    n: int
    mean_score: float | None
    share: Estimate


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that is shown of one evaluation; ``protocol`` goes with each of its figures.

    ``comparable`` is the protocol without the seed: what two evaluations must share.
    """

    protocol: str
    comparable: tuple[str, ...]
    split: str
    n_clips: int
    n_classes: int
    overall: Mapping[str, Estimate]
    chance: float | None
    classes: tuple[ClassFigures, ...]
    confusions: tuple[Confusion, ...]
    best: tuple[MeasuredClip, ...]
    worst: tuple[MeasuredClip, ...]
    ece: Estimate
    brier: Estimate
    bins: tuple[Bin, ...]
    is_trained_on_release: bool


def read_evaluation(job: Job) -> Evaluation:
    """Return what a finished evaluate job measured.

    Raises
    ------
    ResultUnreadable
        A file is missing or too large, or does not hold what an evaluation holds.
    """
    metrics = read_result_json(job, METRICS_FILE)
    calibration = read_result_json(job, CALIBRATION_FILE)
    try:
        return _evaluation(metrics, calibration)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResultUnreadable(
            f"{METRICS_FILE} of job {job.uuid} is not what an evaluation leaves ({error!r}); "
            "measure the run again."
        ) from error


def _evaluation(metrics: dict[str, Any], calibration: dict[str, Any]) -> Evaluation:
    n_clips = _count(metrics["n_clips"])
    clips = metrics["clips"]
    return Evaluation(
        protocol=_text(metrics["protocol"]["id"]),
        comparable=tuple(_text(metrics["protocol"][part]) for part in COMPARABLE),
        split=_text(metrics["protocol"]["split"]),
        n_clips=n_clips,
        n_classes=_count(metrics["n_classes"]),
        overall={name: _estimate(metrics["overall"][name]) for name in OVERALL},
        chance=_number(metrics["chance"]["map_macro"]["value"]),
        classes=tuple(_class_figures(row, n_clips) for row in _rows(metrics["per_class"])),
        confusions=_confusions(metrics["siblings"]),
        best=tuple(_clip(row) for row in _rows(clips["best"])),
        worst=tuple(_clip(row) for row in _rows(clips["worst"])),
        ece=_estimate(calibration["ece"]),
        brier=_estimate(calibration["brier"]),
        bins=tuple(_bin(row) for row in _rows(calibration["bins"])),
        is_trained_on_release=metrics.get("is_trained_on_release") is not False,
    )


def _class_figures(row: Mapping[str, Any], n_clips: int) -> ClassFigures:
    n_positive = _count(row["n_positive"])
    n_all = n_positive + _count(row["n_negative"])
    return ClassFigures(
        _text(row["mid"]),
        _text(row["name"]),
        n_positive,
        _estimate(row["average_precision"]),
        _estimate(row["roc_auc"]),
        _number(row["d_prime"]),
        n_positive / n_all if n_all else None,
    )


def _confusions(rows: object) -> tuple[Confusion, ...]:
    """Return the classes with siblings, most confused first; a release without a graph has none."""
    found = []
    for row in [] if rows is None else _rows(rows):
        mass, worst = _number(row["mass"]), max(_rows(row["siblings"]), key=_rate, default=None)
        if mass is None or worst is None:
            continue
        found.append(
            Confusion(
                _text(row["mid"]),
                _text(row["name"]),
                mass,
                _count(row["n_clips"]),
                _text(worst["mid"]),
                _text(worst["name"]),
                _number(worst["rate"]),
            )
        )
    return tuple(sorted(found, key=lambda c: (-c.mass, c.name)))


def _rate(row: Mapping[str, Any]) -> float:
    return _number(row["rate"]) or 0.0


def _clip(row: Mapping[str, Any]) -> MeasuredClip:
    return MeasuredClip(
        _text(row["fname"]),
        _number(row["ranking"]),
        tuple(_heard(r) for r in _rows(row["labels"])),
        tuple(_heard(r) for r in _rows(row["top"])),
    )


def _heard(row: Mapping[str, Any]) -> Heard:
    return Heard(_text(row["name"]), _number(row["score"]) or 0.0, row["is_label"] is True)


def _bin(row: Mapping[str, Any]) -> Bin:
    return Bin(
        _number(row["low"]) or 0.0,
        _number(row["high"]) or 0.0,
        _count(row["n_entries"]),
        _number(row["mean_score"]),
        _estimate(row["share_positive"]),
    )


def _estimate(row: Mapping[str, Any]) -> Estimate:
    return Estimate(_number(row["value"]), _number(row["low"]), _number(row["high"]))


def _rows(value: object) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or len(value) > MOST_ROWS:
        raise ValueError(f"expected a list of at most {MOST_ROWS:,}")
    return value


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, found {type(value).__name__}")
    found = float(value)
    if not math.isfinite(found):
        raise ValueError("expected a finite number")
    return found


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("expected a count")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, found {type(value).__name__}")
    return value[:MOST_CHARACTERS]
