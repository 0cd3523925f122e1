"""The annotators' table, and each target in words."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.annotators.plan import (
    LABEL_STUDIO,
    LARGEST_SHARE,
    LEAST_ANSWERS_PER_S,
    MOST_GROWTH,
    MOST_P95_MS,
    PROCESSES,
    SECONDS,
    THREADS,
    Line,
)

NOTES = f"""\
Clients fetch a page of twelve and give its answers, each a request of its own that counts once it
is acknowledged; they never pause. Server: gunicorn with {PROCESSES} processes of {THREADS} threads,
PostgreSQL with its default settings, clients and database on the same machine. All clients work in
one class, which has {LARGEST_SHARE:.0%} of the open nominations. Each line is {SECONDS:.0f} s after
a warm-up. CPU ms is the site's processor time for an answer, its share of the pages included; the
database's and the clients' are not in it. A fetch opens a page: it leases, draws verification clips
where there are any (here none), closes and judges the page before.
"""


def write_annotators(
    stem: Path, *, facts: Mapping[str, str], lines: Sequence[Line], load: Mapping[str, str]
) -> None:
    """Write ``stem``.md and ``stem``.json."""
    targets = target_words(lines)
    rows = [
        "| open | clients | fetch p50 ms | p95 | answer p50 ms | p95 "
        "| answers/s | errors | CPU ms |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {x.n_open:,} | {x.n_clients} | {x.fetch_p50_ms:.1f} | {x.fetch_p95_ms:.1f} | "
            f"{x.answer_p50_ms:.1f} | {x.answer_p95_ms:.1f} | {x.answers_per_s:.0f} | "
            f"{x.n_errors} | {x.server_cpu_ms:.1f} |"
            for x in lines
        ),
    ]
    machine = "; ".join(f"{name} {value}" for name, value in {**facts, **load}.items())
    parts = ["# Annotators", machine, "\n".join(rows), NOTES.strip(), *targets, LABEL_STUDIO]
    stem.with_suffix(stem.suffix + ".md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    found = {
        "machine": {**facts, **load},
        "lines": [{**asdict(x), "answers_per_s": x.answers_per_s} for x in lines],
        "targets": targets,
    }
    text = json.dumps(found, indent=2) + "\n"
    stem.with_suffix(stem.suffix + ".json").write_text(text, encoding="utf-8")


def load_now() -> str:
    """Return how many processes wanted a processor in the last minute, on average."""
    return f"{os.getloadavg()[0]:.1f}"


def target_words(lines: Sequence[Line]) -> list[str]:
    """Say of each target whether it was met, with the figure."""
    largest, smallest = max(x.n_open for x in lines), min(x.n_open for x in lines)
    words = []
    for n_clients, most_ms in MOST_P95_MS.items():
        line = _line(lines, largest, n_clients)
        worst = max(line.fetch_p95_ms, line.answer_p95_ms)
        words.append(
            f"- p95 at {largest:,}, {n_clients} client(s): {worst:.0f} ms, at most {most_ms:.0f} "
            f"wanted: {_met(worst <= most_ms)}."
        )
        first = _line(lines, smallest, n_clients)
        growth = max(
            line.fetch_p50_ms / first.fetch_p50_ms, line.answer_p50_ms / first.answer_p50_ms
        )
        words.append(
            f"- p50 at {largest:,} over {smallest:,}, {n_clients} client(s): {growth:.2f} times, "
            f"at most {MOST_GROWTH} wanted: {_met(growth <= MOST_GROWTH)}."
        )
    at_200k = [x for x in lines if x.n_clients == max(MOST_P95_MS)]
    middle = min(at_200k, key=lambda x: abs(x.n_open - 200_000))
    words.append(
        f"- Answers/s at {middle.n_open:,}, {middle.n_clients} clients: "
        f"{middle.answers_per_s:.0f}, at least {LEAST_ANSWERS_PER_S:.0f} wanted: "
        f"{_met(middle.answers_per_s >= LEAST_ANSWERS_PER_S)}."
    )
    n_errors = sum(x.n_errors for x in lines)
    words.append(f"- Errors: {n_errors}, none wanted: {_met(n_errors == 0)}.")
    return words


def _line(lines: Sequence[Line], n_open: int, n_clients: int) -> Line:
    return next(x for x in lines if (x.n_open, x.n_clients) == (n_open, n_clients))


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"
