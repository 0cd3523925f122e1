"""Runs the lines one after the other, ours and the peer's each in processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.databases import own_database
from benchmarks.machine import machine_facts
from benchmarks.rules.plan import LINES, Line
from benchmarks.rules.report import HEADER, memory_text, row_text, write_results
from benchmarks.running import ROOT, BenchmarkFailed

POSTGRESQL = "postgresql://postgres@127.0.0.1:5432/postgres"
"""Where a database of the run's own is made, unless ``DATABASE_URL`` names another server."""


def run_lines(folder: Path, names: Sequence[str], stem: Path) -> None:
    """Run the lines, print each, and write ``stem.md`` and ``stem.json``.

    Raises
    ------
    BenchmarkFailed
        A process failed; its own words were printed before.
    """
    with _postgresql() as url:
        environment = os.environ | {
            "HARKEN_VAR_DIR": str(folder),
            "HARKEN_ENV_FILE": os.devnull,
            "DATABASE_URL": url,
            "LOG_LEVEL": "WARNING",
        }
        facts = machine_facts("postgresql" if url else "sqlite", url)
        facts["load when it began"] = f"{os.getloadavg()[0]:.1f} of {facts['cores']} cores"
        print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
        print(HEADER, flush=True)
        found = {}
        for name in names:
            found[name] = _measure(LINES[name], folder, environment)
            print(row_text(name, found[name]), flush=True)
        facts["load when it ended"] = f"{os.getloadavg()[0]:.1f} of {facts['cores']} cores"
    if memory := memory_text(found):
        print(memory, flush=True)
    write_results(stem, facts=facts, found=found)


@contextmanager
def _postgresql() -> Iterator[str]:
    """Yield the address of a database of the run's own, or nothing if no server answers."""
    url = os.environ.get("DATABASE_URL", "")
    url = url if url.startswith("postgres") else POSTGRESQL
    try:
        psycopg2.connect(url, connect_timeout=3).close()
    except psycopg2.OperationalError:
        yield ""
        return
    with own_database(url) as (_, own):
        yield own


def _measure(line: Line, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    if line.needs_postgresql and not environment["DATABASE_URL"]:
        return {"ours": None, "peer": None, "verdict": "not measured: no PostgreSQL answers"}
    if line.prepare:
        _run_step(line.prepare, folder, environment)
    ours = _middle(line.ours, line.times, folder, environment)
    peer = _middle(line.peer, line.times, folder, environment) if line.peer else None
    return {"ours": ours, "peer": peer, "verdict": "met" if line.holds(ours, peer) else "missed"}


def _middle(
    function: str, times: int, folder: Path, environment: Mapping[str, str]
) -> dict[str, Any]:
    """Return the middle of several runs by their seconds."""
    outcomes = []
    for _ in range(times):
        _run_step(function, folder, environment)
        path = folder / "outcome.json"
        outcomes.append(json.loads(path.read_text(encoding="utf-8")))
        path.unlink()
    return sorted(outcomes, key=lambda outcome: outcome["seconds"])[times // 2]


def _run_step(function: str, folder: Path, environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "benchmarks.rules.line_process", function, str(folder)]
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if status:
        raise BenchmarkFailed(f"{function} ended with status {status}; see above.")
