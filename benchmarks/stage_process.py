"""One step in a process of its own: ``python -m benchmarks.stage_process FUNCTION FOLDER``.

FUNCTION is one of ``benchmarks.stages``, as module.function. What it returns, if anything, is left
in ``FOLDER/outcome.json``.
"""

import importlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "annotator.settings.base"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in the workers


def main(function: str, folder: str) -> None:
    """Run the step."""
    import django

    from benchmarks.scale import Workspace

    django.setup()
    module, name = function.split(".")
    step = getattr(importlib.import_module(f"benchmarks.stages.{module}"), name)
    outcome = step(Workspace.read(Path(folder)))
    if outcome is not None:
        path = Path(folder) / "outcome.json"
        path.write_text(json.dumps(asdict(outcome)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
