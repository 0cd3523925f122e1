"""The table of learning, as text while it grows and as files at the end."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.learning.plan import LINES
from benchmarks.rules.plan import rate, times_as_fast

HEADER = (
    f"{'line':<25}{'number':>9} {'of':<6}{'seconds':>9}{'cpu s':>8}{'per s':>10}{'peak MB':>9}  "
    "target"
)
NOTES = """\
Each line ran in processes of its own, and where it has a peer, the peer right after it; what both
read was made before and is in no figure. Where a line ran several times the middle one by seconds
is shown. The machine is shared with other work. Met and missed are of the seconds or of the figure
named; nothing fails by them."""


def row_text(name: str, found: Mapping[str, Any]) -> str:
    """Return the lines on one measurement and its peer."""
    ours, peer = found["ours"], found["peer"]
    text = (
        f"{_numbers(name, ours)}  {LINES[name].target}: {found['verdict']}\n{'':<4}{ours['remark']}"
    )
    if peer is None:
        return text
    return (
        f"{text}\n{_numbers('  ' + LINES[name].peer_name, peer)}  ours is "
        f"{times_as_fast(ours, peer):.1f} x as fast"
    )


def write_results(
    stem: Path, *, facts: Mapping[str, str], found: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write ``stem.json`` and ``stem.md``."""
    about = {name: {"what": LINES[name].what, "target": LINES[name].target} for name in found}
    document = {"machine": facts, "learning": {n: about[n] | dict(found[n]) for n in found}}
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    stem.with_name(stem.name + ".json").write_text(text, encoding="utf-8")
    lines = [
        "# Features, loading and similar sounds",
        "",
        "Made by `python -m benchmarks.learning`.",
        "",
        NOTES,
        "",
        "| fact | value |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts.items()),
        "",
        "| line | who | number | seconds | CPU s | per second | peak MB | ours as fast | target | "
        "found |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(row for name, measured in found.items() for row in _rows(name, measured)),
        "",
        "What is measured:",
        "",
        *(f"- `{name}`: {LINES[name].what}." for name in found),
    ]
    stem.with_name(stem.name + ".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _numbers(name: str, outcome: Mapping[str, Any]) -> str:
    return (
        f"{name:<25}{outcome['n']:>9,} {outcome['unit']:<6}{outcome['seconds']:>9.3f}"
        f"{outcome['cpu_s']:>8.2f}{rate(outcome):>10,.0f}{outcome['peak_mb']:>9,.0f}"
    )


def _rows(name: str, found: Mapping[str, Any]) -> list[str]:
    ours, peer = found["ours"], found["peer"]
    target = f"{LINES[name].target}: **{found['verdict']}**"
    faster = f"{times_as_fast(ours, peer):.1f} x" if peer else ""
    rows = [f"| `{name}` | ours | {_cells(ours)} | {faster} | {target} | {ours['remark']} |"]
    if peer:
        rows.append(f"| | {LINES[name].peer_name} | {_cells(peer)} | | | {peer['remark']} |")
    return rows


def _cells(outcome: Mapping[str, Any]) -> str:
    return " | ".join(
        (
            f"{outcome['n']:,} {outcome['unit']}",
            f"{outcome['seconds']:.3f}",
            f"{outcome['cpu_s']:.2f}",
            f"{rate(outcome):,.0f}",
            f"{outcome['peak_mb']:,.0f}",
        )
    )
