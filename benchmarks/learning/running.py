"""Runs the lines one after the other, ours and the peer's each in processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.learning.plan import LINES
from benchmarks.learning.report import HEADER, row_text, write_results
from benchmarks.machine import machine_facts
from benchmarks.rules.plan import Line
from benchmarks.running import ROOT, BenchmarkFailed


def run_lines(folder: Path, names: Sequence[str], stem: Path) -> None:
    """Run the lines, print each, and write ``stem.md`` and ``stem.json``.

    Raises
    ------
    BenchmarkFailed
        A process failed; its own words were printed before.
    """
    environment = os.environ | {"HARKEN_VAR_DIR": str(folder), "OMP_WAIT_POLICY": "PASSIVE"}
    facts = {k: v for k, v in machine_facts("sqlite", "").items() if k != "database"}
    facts["load when it began"] = f"{os.getloadavg()[0]:.1f} of {facts['cores']} cores"
    print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    print(HEADER, flush=True)
    found = {}
    for name in names:
        found[name] = _measure(LINES[name], folder, environment)
        print(row_text(name, found[name]), flush=True)
    facts["load when it ended"] = f"{os.getloadavg()[0]:.1f} of {facts['cores']} cores"
    write_results(stem, facts=facts, found=found)


def _measure(line: Line, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    if line.prepare:
        _run_step(line.prepare, folder, environment)
    ours = _middle(line.ours, line.times, folder, environment)
    peer = _middle(line.peer, line.times, folder, environment) if line.peer else None
    return {"ours": ours, "peer": peer, "verdict": "met" if line.holds(ours, peer) else "missed"}


def _middle(step: str, times: int, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the middle of several runs by their seconds."""
    outcomes = []
    for _ in range(times):
        _run_step(step, folder, environment)
        path = folder / "outcome.json"
        outcomes.append(json.loads(path.read_text(encoding="utf-8")))
        path.unlink()
    return sorted(outcomes, key=lambda outcome: outcome["seconds"])[times // 2]


def _run_step(step: str, folder: Path, environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "benchmarks.learning.line_process", step, str(folder)]
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if status:
        raise BenchmarkFailed(f"{step} ended with status {status}; see above.")
