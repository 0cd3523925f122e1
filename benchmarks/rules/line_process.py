"""One step in a process of its own: ``python -m benchmarks.rules.line_process FUNCTION FOLDER``.

FUNCTION is one of ``benchmarks.rules``, as module.function; what it measures is left in
``FOLDER/outcome.json``.
"""

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path


def main(function: str, folder: str) -> None:
    """Run the step; a module that needs Django sets it up itself."""
    module, name = function.split(".")
    step = getattr(importlib.import_module(f"benchmarks.rules.{module}"), name)
    outcome = step(Path(folder))
    if outcome is not None:
        text = json.dumps(asdict(outcome))
        (Path(folder) / "outcome.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
