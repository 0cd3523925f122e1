"""``python -m benchmarks``: time every stage on a synthetic collection and print what it took.

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

from benchmarks.databases import NotMeasurable, own_database
from benchmarks.machine import machine_facts
from benchmarks.plan import STAGES, chosen_stages
from benchmarks.report import write_results
from benchmarks.running import BenchmarkFailed, run_stages
from benchmarks.scale import FULL_CLIPS, Scale, Workspace

RESULTS = Path(__file__).with_name("results")


def main() -> int:
    """Run the stages; return the exit status."""
    options = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # clean up as after Ctrl-C
    try:
        names = chosen_stages(options.only)
        with (
            tempfile.TemporaryDirectory(prefix="harken-bench-", dir=options.dir) as folder,
            own_database(os.environ.get("DATABASE_URL", "")) as (kind, url),
        ):
            workspace = Workspace(Path(folder), Scale.for_clips(options.clips))
            facts = machine_facts(kind, url)
            print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
            outcomes = run_stages(workspace, names, url)
    except (BenchmarkFailed, NotMeasurable, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing was kept.", file=sys.stderr)
        return 130
    stem = RESULTS / (f"stages-{kind}" if options.publish else f"stages-{kind}.local")
    what = {name: STAGES[name].what for name in names}
    scale = asdict(workspace.scale)
    write_results(stem, facts=facts, scale=scale, outcomes=outcomes, what=what)
    print(f"Written: {stem.parent.name}/{stem.name}.md and .json")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--clips", type=int, default=FULL_CLIPS, help="size; 2000 for a quick run")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[""],
        metavar="STAGE",
        help="stages that begin so, and those they need",
    )
    parser.add_argument("--dir", type=Path, help="where the run's temporary folder goes")
    parser.add_argument("--publish", action="store_true", help="write the results git keeps")
    options = parser.parse_args()
    if options.clips < 500:
        parser.error("--clips must be 500 or more: fewer do not fill 200 classes.")
    return options


if __name__ == "__main__":
    sys.exit(main())
