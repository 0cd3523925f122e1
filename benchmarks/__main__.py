"""``python -m benchmarks``: time every stage on a synthetic collection and print what it took.

Then the rules alone at FSD50K's size, each beside a peer and the target set for it.

Nothing here passes or fails by its speed. Results go to ``benchmarks/results/``, by default to
files that git ignores; ``--publish`` writes those under version control.
"""

import argparse
import os
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.annotators.plan import PREFIX as ANNOTATORS
from benchmarks.annotators.report import load_now, write_annotators
from benchmarks.annotators.running import run_annotators
from benchmarks.databases import NotMeasurable, own_database
from benchmarks.machine import machine_facts
from benchmarks.plan import STAGES, chosen_stages
from benchmarks.report import write_results
from benchmarks.rules.plan import PREFIX, chosen_lines
from benchmarks.rules.running import run_lines
from benchmarks.running import BenchmarkFailed, run_stages
from benchmarks.scale import FULL_CLIPS, Scale, Workspace

RESULTS = Path(__file__).with_name("results")


def main() -> int:
    """Run the stages and the rules; return the exit status."""
    options = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up as after Ctrl-C
    try:
        if any(name and ANNOTATORS.startswith(name) for name in options.only):
            return _run_annotators(options)
        for_stages = [name for name in options.only if not name.startswith(PREFIX)]
        if for_stages:
            _run_stages(options, chosen_stages(for_stages))
        if names := chosen_lines(options.only):
            _run_rules(options, names)
        elif not for_stages:
            raise ValueError(f"No rule begins so; they all begin with {PREFIX!r}.")
    except (BenchmarkFailed, NotMeasurable, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; what had not ended was not kept.", file=sys.stderr)
        return 130
    return 0


def _run_stages(options: argparse.Namespace, names: list[str]) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="harken-bench-", dir=options.dir) as folder,
        own_database(os.environ.get("DATABASE_URL", "")) as (kind, url),
    ):
        workspace = Workspace(Path(folder), Scale.for_clips(options.clips))
        facts = machine_facts(kind, url)
        print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
        outcomes = run_stages(workspace, names, url)
    stem = _stem(f"stages-{kind}", options)
    what = {name: STAGES[name].what for name in names}
    scale = asdict(workspace.scale)
    write_results(stem, facts=facts, scale=scale, outcomes=outcomes, what=what)
    print(f"Written: {stem.parent.name}/{stem.name}.md and .json")


def _run_rules(options: argparse.Namespace, names: list[str]) -> None:
    stem = _stem(PREFIX, options)
    with tempfile.TemporaryDirectory(prefix="harken-bench-", dir=options.dir) as folder:
        run_lines(Path(folder), names, stem)
    print(f"Written: {stem.parent.name}/{stem.name}.md and .json")


def _run_annotators(options: argparse.Namespace) -> int:
    url = os.environ.get("DATABASE_URL", "")
    began = load_now()
    with tempfile.TemporaryDirectory(prefix="harken-bench-", dir=options.dir) as folder:
        lines = run_annotators(Path(folder), url)
    stem = _stem(ANNOTATORS, options)
    load = {"load before": began, "load after": load_now()}
    write_annotators(stem, facts=machine_facts("postgresql", url), lines=lines, load=load)
    print(f"Written: {stem.parent.name}/{stem.name}.md and .json")
    return 0


def _stem(name: str, options: argparse.Namespace) -> Path:
    return RESULTS / (name if options.publish else f"{name}.local")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--clips", type=int, default=FULL_CLIPS, help="size; 2000 for a quick run")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[""],
        metavar="STAGE",
        help="stages that begin so, and those they need; rules: the rules alone",
    )
    parser.add_argument("--dir", type=Path, help="where the run's temporary folder goes")
    parser.add_argument("--publish", action="store_true", help="write the results git keeps")
    options = parser.parse_args()
    if options.clips < 500:
        parser.error("--clips must be 500 or more: fewer do not fill 200 classes.")
    return options


if __name__ == "__main__":
    sys.exit(main())
