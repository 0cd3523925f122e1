"""``python -m benchmarks.experiments``: the experiments of LEARNING.md on the real data at hand.

Each job is run once: what has its result under ``--work`` is taken up, so that an interrupted run
goes on. ``--publish`` writes ``docs/results.md`` from what there is.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENTS = ("folds", "hidden_labels", "contamination", "active_order")


def main() -> None:
    """Run the experiments asked for, and keep and show what they found."""
    options = _options()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from benchmarks.experiments.active_order import run_active_order
    from benchmarks.experiments.contamination import run_contamination
    from benchmarks.experiments.esc10 import read_esc10
    from benchmarks.experiments.folds import run_folds
    from benchmarks.experiments.hidden_labels import run_hidden_labels
    from benchmarks.experiments.report import results_page
    from benchmarks.experiments.running import Workplace

    esc10 = read_esc10(options.data / "esc10")
    place = Workplace(options.work)
    seeds = range(options.seeds)
    for name in options.only or EXPERIMENTS:
        if name == "folds":
            found = run_folds(esc10, place, seeds, options.data / "weights" / "yamnet.tflite")
        elif name == "hidden_labels":
            found = run_hidden_labels(esc10, place, seeds)
        elif name == "active_order":
            votes = options.data / "esc10" / "validation_votes.csv"
            found = run_active_order(esc10, place, votes)
        else:
            found = run_contamination(esc10, place, seeds)
        options.work.mkdir(parents=True, exist_ok=True)
        (options.work / f"{name}.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    page = results_page(options.work)
    print(page)
    if options.publish:
        (ROOT / "docs" / "results.md").write_text(page, encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.experiments", description=__doc__)
    shared = os.environ.get("HARKEN_SHARED_DATA") or str(ROOT.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=Path(shared), help="the folder of real data")
    parser.add_argument("--work", type=Path, default=ROOT / "var" / "experiments")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=EXPERIMENTS)
    parser.add_argument("--publish", action="store_true", help="write docs/results.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
