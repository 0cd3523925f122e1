"""The rules at FSD50K's size and what each should take; imports none of them, so that whoever
starts their processes stays small.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Measured = Mapping[str, Any]
"""What one process measured: the fields of ``Outcome``."""

PREFIX = "rules"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table.

    ``ours`` and ``peer`` name functions in ``benchmarks.rules``, as module.function; each runs
    ``times`` times, in a process of its own, and the middle one by seconds is kept. ``prepare``
    writes the inputs of both. ``holds`` says of ours and the peer's whether the target is met; it
    is told in words and nothing fails by it.
    """

    what: str
    target: str
    holds: Callable[[Measured, Measured | None], bool]
    ours: str
    peer_name: str = ""
    peer: str = ""
    prepare: str = ""
    times: int = 3
    needs_postgresql: bool = False


def rate(found: Measured) -> float:
    """Return how many a second."""
    return found["n"] / max(found["seconds"], 1e-9)


def times_as_fast(ours: Measured, peer: Measured) -> float:
    """Return our rate over the peer's, which may have had fewer to do."""
    return rate(ours) / rate(peer)


def _at_least(per_s: float) -> Callable[[Measured, Measured | None], bool]:
    return lambda ours, _: rate(ours) >= per_s


def _within(seconds: float) -> Callable[[Measured, Measured | None], bool]:
    return lambda ours, _: ours["seconds"] <= seconds


def _faster(times: float) -> Callable[[Measured, Measured | None], bool]:
    return lambda ours, peer: peer is not None and times_as_fast(ours, peer) >= times


LINES: Mapping[str, Line] = {
    "rules_nomination": Line(
        "KeywordMatcher.match and prune_ancestors, tags alone, in one process; the whole service, "
        "with its database, is the stage nominate_labels",
        "30,000 clips/s",
        _at_least(30_000),
        ours="nominating.nominate",
        peer_name="a loop over all rules",
        peer="nominating.nominate_naively",
        prepare="nominating.prepare",
        times=1,
    ),
    "rules_alpha_1m": Line(
        "from (unit, value) of 1 M votes: count, alpha, interval of 1,000 replicates; the peer "
        "counts and gives alpha without an interval",
        "2 s",
        _within(2.0),
        ours="agreeing.alpha_1m",
        peer_name="krippendorff",
        peer="agreeing.alpha_1m_peer",
        prepare="agreeing.prepare_1m",
    ),
    "rules_alpha_10m": Line(
        "the same from 10 M votes",
        "15 s",
        _within(15.0),
        ours="agreeing.alpha_10m",
        peer_name="krippendorff",
        peer="agreeing.alpha_10m_peer",
        prepare="agreeing.prepare_10m",
        times=1,
    ),
    "rules_dawid_skene": Line(
        "700,000 votes of 350 annotators, 4 values, 20 iterations each, from arrays of codes (the "
        "peer: from its table of the same codes)",
        "5 x crowd-kit",
        _faster(5.0),
        ours="agreeing.dawid_skene_ours",
        peer_name="crowd-kit",
        peer="agreeing.dawid_skene_peer",
        prepare="agreeing.prepare_dawid_skene",
        times=1,
    ),
    "rules_train_val": Line(
        "train/val split of 41,000 clips x 200 classes of 5,600 uploaders; the peer knows no "
        "uploaders",
        "1 x iterative-stratification",
        _faster(1.0),
        ours="dividing.split",
        peer_name="iterative-stratification",
        peer="dividing.split_peer",
        prepare="dividing.prepare",
    ),
    "rules_propagation": Line(
        "close the ontology's edges and add what the labels of 51,000 clips imply",
        "0.3 s",
        _within(0.3),
        ours="dividing.propagate",
        peer_name="a loop over sets",
        peer="dividing.propagate_naively",
        prepare="dividing.prepare_labels",
    ),
    "rules_import_30k": Line(
        "import_audiofolder: metadata.csv with title, uploader, licence, tags and labels, clips "
        "and nominations into PostgreSQL",
        "10,000 clips/s",
        _at_least(10_000),
        ours="importing.import_30k",
        prepare="importing.prepare_30k",
        times=1,
        needs_postgresql=True,
    ),
    "rules_import_300k": Line(
        "the same from ten times the rows; peak MB beside that of rules_import_30k shows whether "
        "memory grows with the file",
        "10,000 clips/s",
        _at_least(10_000),
        ours="importing.import_300k",
        prepare="importing.prepare_300k",
        times=1,
        needs_postgresql=True,
    ),
}


def chosen_lines(prefixes: Sequence[str]) -> list[str]:
    """Return the lines whose names begin as one of the prefixes, in order; all for an empty one."""
    return [name for name in LINES if any(name.startswith(prefix) for prefix in prefixes)]
