"""Reads back, line by line, the JSON objects that a release has for its clips."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def json_entries(path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a file by ``text_files.JsonObjectFile``, which has one on each line."""
    with path.open(encoding="utf-8") as handle:
        for line in handle:
            entry = line.strip().removesuffix(",")
            if entry not in ("{", "}", ""):
                yield from json.loads(f"{{{entry}}}").items()
