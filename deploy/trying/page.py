"""Reads the steps out of docs/operate.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```sh (step (?P<name>[a-z-]+)|values)\n(?P<text>.*?)^```$", re.M | re.S)
_VALUE = re.compile(r"(?:^|\s)([A-Z_]+)=(\"[^\"]*\"|\S+)")


@dataclass(frozen=True, slots=True)
class Step:
    """One block of the page; the values have the name ``values``."""

    name: str
    text: str


def read_steps(page: Path) -> list[Step]:
    """Return the page's marked blocks in their order."""
    text = page.read_text(encoding="utf-8")
    found = [Step(m["name"] or "values", m["text"]) for m in _BLOCK.finditer(text)]
    names = [step.name for step in found]
    assert names[:1] == ["values"], f"{page}: the values must come first; found {names}"
    assert len(set(names)) == len(names), f"{page}: a step's name stands twice in {names}"
    return found


def names_of_values(step: Step) -> set[str]:
    """Return the names that the block of values sets."""
    lines = [line.partition("#")[0] if "#" in line else line for line in step.text.splitlines()]
    return {match[1] for line in lines for match in _VALUE.finditer(line)}
