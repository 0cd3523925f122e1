"""The table of the releases, as text while it grows and as files at the end."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HEADER = (
    f"{'clips':>9}{'build s':>9}{'cpu s':>8}{'clips/s':>9}{'peak MB':>9}"
    f"{'verify s':>10}{'peak MB':>9}{'load':>7}"
)
TARGET_CLIPS, TARGET_S, TARGET_MB = 51_200, 60.0, 400.0
FLAT = 1.25
"""Seconds a clip and peak memory at the largest size may be so much of those at the smallest."""
NOTES = """\
A release of metadata in every format, without recordings. Build is `build_release` whole: reading
the records, writing FSD50K's layout and every format, the manifest, and the verification that ends
it; verify is `verify_release` alone, in a process of its own. Peak MB is of the one process,
libraries included; what PostgreSQL takes is not in it, nor in CPU s."""


def row_text(found: Mapping[str, Any]) -> str:
    """Return one size as a line."""
    build, verify = found["build"], found["verify"]
    return (
        f"{found['n_clips']:>9,}{build['seconds']:>9.1f}{build['cpu_s']:>8.1f}"
        f"{found['n_clips'] / build['seconds']:>9,.0f}{build['peak_mb']:>9,.0f}"
        f"{verify['seconds']:>10.1f}{verify['peak_mb']:>9,.0f}{found['load']:>7}"
    )


def verdict_text(found: Sequence[Mapping[str, Any]]) -> str:
    """Return which targets are met, of those that were measured."""
    said = []
    for one in found:
        if one["n_clips"] == TARGET_CLIPS:
            seconds, peak = one["build"]["seconds"], one["build"]["peak_mb"]
            said.append(
                f"{TARGET_CLIPS:,} clips within {TARGET_S:.0f} s: {_met(seconds <= TARGET_S)} "
                f"({seconds:.1f} s); within {TARGET_MB:.0f} MB: {_met(peak <= TARGET_MB)} "
                f"({peak:.0f} MB)."
            )
    if len(found) > 1:
        small, large = found[0], found[-1]
        slower = _per_clip(large) / _per_clip(small)
        larger = large["build"]["peak_mb"] / small["build"]["peak_mb"]
        said.append(
            f"From {small['n_clips']:,} to {large['n_clips']:,} clips, seconds a clip are "
            f"{slower:.2f} x and peak memory is {larger:.2f} x; flat means at most {FLAT} x: "
            f"{_met(slower <= FLAT and larger <= FLAT)}."
        )
    return " ".join(said)


def _per_clip(found: Mapping[str, Any]) -> float:
    return float(found["build"]["seconds"]) / found["n_clips"]


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


def write_results(
    stem: Path, *, facts: Mapping[str, str], found: Sequence[Mapping[str, Any]]
) -> None:
    """Write ``stem.json`` and ``stem.md``."""
    document = {"machine": facts, "releases": found}
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    stem.with_name(stem.name + ".json").write_text(text, encoding="utf-8")
    lines = [
        "# Releases of metadata in every format",
        "",
        "Made by `python -m benchmarks.releases --publish`.",
        "",
        NOTES,
        "",
        "| fact | value |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts.items()),
        "",
        "| clips | build s | CPU s | clips/s | peak MB | files | verify s | peak MB | load |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        *map(_row, found),
        "",
        verdict_text(found),
    ]
    stem.with_name(stem.name + ".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _row(found: Mapping[str, Any]) -> str:
    build, verify = found["build"], found["verify"]
    cells = (
        f"{found['n_clips']:,}",
        f"{build['seconds']:.1f}",
        f"{build['cpu_s']:.1f}",
        f"{found['n_clips'] / build['seconds']:,.0f}",
        f"{build['peak_mb']:,.0f}",
        build["remark"],
        f"{verify['seconds']:.1f}",
        f"{verify['peak_mb']:,.0f}",
        found["load"],
    )
    return f"| {' | '.join(cells)} |"
