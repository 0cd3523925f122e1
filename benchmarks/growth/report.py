"""The table of what pages and lists cost at each size."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.growth.plan import MOST_P95_MS, N_CALLS, VOTED_SHARE, Visit
from benchmarks.growth.tables import Table

_NOTES = f"""\
Clips of metadata, one nomination each, {VOTED_SHARE:.0%} of them with two answers and a label; 200
classes. Each address is asked {N_CALLS} times by a curator, in one process, through all middleware,
without web server and network; the database is on the same machine. Validation is asked again and
again for the page that is leased, as a browser that loads it anew.
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run found: machine, visits, seconds to fill, and tables at the largest size."""

    facts: Mapping[str, str]
    visits: Sequence[Visit]
    filled: Mapping[int, float]
    tables: Mapping[str, Table]


def write_growth(stem: Path, measured: Measured) -> str:
    """Write ``stem``.md and ``stem``.json; return the page."""
    visits = measured.visits
    sizes = sorted({visit.n_clips for visit in visits})
    head = ["| address |", *(f" {n:,} p50 | p95 ms | queries |" for n in sizes)]
    lines = ["".join(head), "|---|" + "---:|---:|---:|" * len(sizes)]
    for kind, name in dict.fromkeys((visit.kind, visit.name) for visit in visits):
        cells = [_cell(visits, n, kind, name) for n in sizes]
        lines.append(f"| {kind}: {name} |" + "".join(cells))
    parts = [
        "# Growth",
        "; ".join(f"{name} {value}" for name, value in measured.facts.items()),
        "\n".join(lines),
        _NOTES.strip(),
        "\n".join(_words(visits, max(sizes))),
        "Filling took "
        + ", ".join(f"{s:.0f} s at {n:,}" for n, s in measured.filled.items())
        + ".",
        _tables(measured.tables),
    ]
    page = "\n\n".join(parts) + "\n"
    stem.with_suffix(stem.suffix + ".md").write_text(page, encoding="utf-8")
    text = json.dumps(asdict(measured), indent=2) + "\n"
    stem.with_suffix(stem.suffix + ".json").write_text(text, encoding="utf-8")
    return page


def _tables(tables: Mapping[str, Table]) -> str:
    lines = ["| table | rows | MB | of indexes | bytes a row |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {name} | {t.n_rows:,} | {(t.n_bytes + t.n_index_bytes) / 1e6:,.0f} | "
        f"{t.n_index_bytes / 1e6:,.0f} | {t.bytes_per_row:.0f} |"
        for name, t in tables.items()
    ]
    return "\n".join(lines)


def _cell(visits: Sequence[Visit], n: int, kind: str, name: str) -> str:
    found = next((v for v in visits if (v.n_clips, v.kind, v.name) == (n, kind, name)), None)
    if found is None:
        return " | | |"
    note = "" if found.status < 300 else f" ({found.status})"
    return f" {found.p50_ms:.0f}{note} | {found.p95_ms:.0f} | {found.n_queries} |"


def _words(visits: Sequence[Visit], largest: int) -> list[str]:
    """Say of each target whether it was met, with the figure."""
    there = [visit for visit in visits if visit.n_clips == largest]
    slow = [v for v in there if v.p95_ms > MOST_P95_MS]
    named = ", ".join(f"{v.kind} {v.name} {v.p95_ms:.0f} ms" for v in slow)
    words = [
        f"- p95 at {largest:,} within {MOST_P95_MS:.0f} ms: {len(there) - len(slow)} of "
        f"{len(there)} addresses" + (f"; missed by {named}." if slow else ": met.")
    ]
    smallest = min(visit.n_clips for visit in visits)
    grown = [
        f"{v.kind} {v.name} ({w.n_queries} to {v.n_queries})"
        for v in there
        for w in visits
        if (w.n_clips, w.kind, w.name) == (smallest, v.kind, v.name) and v.n_queries > w.n_queries
    ]
    told = f"grow for {', '.join(grown)}." if grown else "are the same: met."
    wrong = [f"{v.kind} {v.name} ({v.status})" for v in visits if v.status >= 400]
    return [
        *words,
        f"- Queries at {largest:,} and {smallest:,} {told}",
        *([f"- Answered with an error: {', '.join(wrong)}."] if wrong else []),
    ]
