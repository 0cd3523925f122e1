"""The table of the rules, as text while it grows and as files at the end."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.rules.plan import LINES, rate, times_as_fast

HEADER = (
    f"{'rule':<19}{'number':>11} {'of':<6}{'seconds':>9}{'cpu s':>8}{'per s':>12}{'peak MB':>9}"
    "  target"
)
IMPORTS = ("rules_import_30k", "rules_import_300k")
MOST_GROWTH = 1.1
NOTES = """\
Each line ran in processes of its own: the rule, its peer, and before both the making of their
input, which is in no figure. Where a line ran several times the middle one by seconds is shown. The
machine is shared with other work: seconds may differ by half and more from run to run, CPU s less.
CPU s and peak MB are of that one process, libraries included; what a database server takes is not
in them. Start MB is what the process held, its input included, when the measurement began. Met and
missed are of the seconds; nothing fails by them."""


def row_text(name: str, found: Mapping[str, Any]) -> str:
    """Return the lines on a rule and its peer."""
    ours, peer = found["ours"], found["peer"]
    if ours is None:
        return f"{name:<19}  {found['verdict']}"
    text = (
        f"{_numbers(name, ours)}  {LINES[name].target}: {found['verdict']}\n{'':<4}{ours['remark']}"
    )
    if peer is None:
        return f"{text}\n{'':<4}no peer exists"
    return (
        f"{text}\n{_numbers('  ' + LINES[name].peer_name[:16], peer)}  ours is "
        f"{times_as_fast(ours, peer):.1f} x as fast\n{'':<4}{peer['remark']}"
    )


def memory_text(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return whether an import's memory grows with its file; empty if not both were measured."""
    both = [(found.get(name) or {}).get("ours") for name in IMPORTS]
    if None in both:
        return ""
    small, large = both
    verdict = "met" if large["peak_mb"] <= MOST_GROWTH * small["peak_mb"] else "missed"
    return (
        f"Import memory, target: does not grow with the file (at most a tenth more): "
        f"{small['peak_mb']:.0f} MB for {small['n']:,} rows, {large['peak_mb']:.0f} MB for "
        f"{large['n']:,}: {verdict}"
    )


def _numbers(name: str, outcome: Mapping[str, Any]) -> str:
    return (
        f"{name:<19}{outcome['n']:>11,} {outcome['unit']:<6}{outcome['seconds']:>9.3f}"
        f"{outcome['cpu_s']:>8.2f}{rate(outcome):>12,.0f}{outcome['peak_mb']:>9,.0f}"
    )


def write_results(
    stem: Path, *, facts: Mapping[str, str], found: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write ``stem.json`` and ``stem.md``."""
    about = {name: {"what": LINES[name].what, "target": LINES[name].target} for name in found}
    document = {"machine": facts, "rules": {n: about[n] | dict(found[n]) for n in found}}
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    stem.with_name(stem.name + ".json").write_text(text, encoding="utf-8")
    lines = [
        "# Rules at FSD50K's size, beside their peers",
        "",
        "Made by `make bench`; these lines alone by `python -m benchmarks --only rules`.",
        "",
        NOTES,
        "",
        "| fact | value |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts.items()),
        "",
        "| rule | who | number | seconds | CPU s | per second | peak MB | start MB | "
        "ours as fast | target | found |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *(row for name, measured in found.items() for row in _rows(name, measured)),
        "",
        *([f"{memory}.", ""] if (memory := memory_text(found)) else []),
        "What is measured:",
        "",
        *(f"- `{name}`: {LINES[name].what}." for name in found),
    ]
    stem.with_name(stem.name + ".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _rows(name: str, found: Mapping[str, Any]) -> list[str]:
    ours, peer = found["ours"], found["peer"]
    target = f"{LINES[name].target}: **{found['verdict']}**"
    if ours is None:
        return [f"| `{name}` | ours | | | | | | | | {target} | |"]
    if peer is None:
        return [f"| `{name}` | ours, no peer exists | {_cells(ours, '')} | {target} | "
                f"{ours['remark']} |"]  # fmt: skip
    faster = f"{times_as_fast(ours, peer):.1f} x"
    return [
        f"| `{name}` | ours | {_cells(ours, faster)} | {target} | {ours['remark']} |",
        f"| | {LINES[name].peer_name} | {_cells(peer, '')} | | {peer['remark']} |",
    ]


def _cells(outcome: Mapping[str, Any], faster: str) -> str:
    return " | ".join(
        (
            f"{outcome['n']:,} {outcome['unit']}",
            f"{outcome['seconds']:.3f}",
            f"{outcome['cpu_s']:.2f}",
            f"{rate(outcome):,.0f}",
            f"{outcome['peak_mb']:,.0f}",
            f"{outcome['start_mb']:,.0f}",
            faster,
        )
    )
