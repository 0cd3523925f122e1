"""The table, as text while it grows and as files at the end."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HEADER = (
    f"{'stage':<17}{'number':>9} {'of':<8}{'seconds':>9}{'cpu s':>9}{'per s':>10}{'peak MB':>9}"
    "  found"
)
NOTES = """\
Each stage ran once, in its own process, on a machine shared with other work: seconds and rates may
differ by half and more from run to run. CPU s is the processor time of the stage's processes, which
others disturb less; a database server's is not in it. Peak MB is the most memory that the largest
single process of the stage held, libraries included; what a database server holds is not in it.
Start MB is what it held
when the measurement began. On SQLite the pages of the database file that are mapped into memory, up
to 268 MB, count as the process's own."""


def row_text(name: str, outcome: Mapping[str, Any]) -> str:
    """Return one line of the table."""
    return (
        f"{name:<17}{outcome['n']:>9,} {outcome['unit']:<8}{outcome['seconds']:>9.2f}"
        f"{outcome['cpu_s']:>9.2f}{rate(outcome):>10,.0f}{outcome['peak_mb']:>9,.0f}  "
        f"{outcome['remark']}"
    )


def comparison_text(found: Mapping[str, Any]) -> str:
    """Return one line on a peer."""
    return (
        f"  {found['task']}: {found['ours_s']:.3f} s, {found['peer']} {found['peer_s']:.3f} s, "
        f"{times_faster(found):.1f} x as fast; {found['remark']}"
    )


def rate(outcome: Mapping[str, Any]) -> float:
    """Return how many a second."""
    return outcome["n"] / max(outcome["seconds"], 1e-9)


def times_faster(found: Mapping[str, Any]) -> float:
    """Return the peer's seconds over ours."""
    return found["peer_s"] / max(found["ours_s"], 1e-9)


def write_results(
    stem: Path,
    *,
    facts: Mapping[str, str],
    scale: Mapping[str, Any],
    outcomes: Mapping[str, Mapping[str, Any]],
    what: Mapping[str, str],
) -> None:
    """Write ``stem.json`` and ``stem.md``."""
    document = {"machine": facts, "scale": scale, "stages": outcomes, "what": what}
    stem.parent.mkdir(exist_ok=True)
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    stem.with_name(stem.name + ".json").write_text(text, encoding="utf-8")
    lines = [*_head(facts, scale), *_stage_table(outcomes, what), *_peer_table(outcomes)]
    stem.with_name(stem.name + ".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _head(facts: Mapping[str, str], scale: Mapping[str, Any]) -> list[str]:
    return [
        f"# Stages on {facts['database'].split()[0]}: {scale['n_clips']:,} synthetic clips",
        "",
        f"{scale['n_classes']} classes, {scale['n_uploaders']:,} uploaders, "
        f"{scale['n_annotators']} annotators; made by `make bench`.",
        "",
        NOTES,
        "",
        *_table(("fact", "value"), facts.items()),
        "",
    ]


def _stage_table(outcomes: Mapping[str, Mapping[str, Any]], what: Mapping[str, str]) -> list[str]:
    columns = (
        "stage",
        "number",
        "seconds",
        "CPU s",
        "per second",
        "peak MB",
        "start MB",
        "found",
        "what",
    )
    rows = [
        (
            f"`{name}`",
            f"{o['n']:,} {o['unit']}",
            f"{o['seconds']:.2f}",
            f"{o['cpu_s']:.2f}",
            f"{rate(o):,.0f}",
            f"{o['peak_mb']:,.0f}",
            f"{o['start_mb']:,.0f}",
            o["remark"],
            what[name],
        )
        for name, o in outcomes.items()
    ]
    return _table(columns, rows)


def _peer_table(outcomes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    rows = [
        (
            c["task"],
            c["peer"],
            f"{c['ours_s']:.3f}",
            f"{c['peer_s']:.3f}",
            f"{times_faster(c):.1f}",
            c["remark"],
        )
        for o in outcomes.values()
        for c in o["comparisons"]
    ]
    columns = ("task", "peer", "ours, s", "peer, s", "times as fast", "result")
    title = ["", "The same task on the same data, in the same process:", ""]
    return [*title, *_table(columns, rows)] if rows else []


def _table(columns: Sequence[str], rows: Any) -> list[str]:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
