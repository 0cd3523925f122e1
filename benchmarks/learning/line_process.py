"""One step in a process of its own: ``python -m benchmarks.learning.line_process STEP FOLDER``.

STEP is a function of ``benchmarks.learning``, as module.function; it takes the folder and returns
an ``Outcome`` with the line's own figures, or nothing. They are left in ``FOLDER/outcome.json``.
"""

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path


def main(step: str, folder: str) -> None:
    """Run the step."""
    module, name = step.split(".")
    found = getattr(importlib.import_module(f"benchmarks.learning.{module}"), name)(Path(folder))
    if found is not None:
        outcome, figures = found
        text = json.dumps({**asdict(outcome), "figures": figures})
        (Path(folder) / "outcome.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
