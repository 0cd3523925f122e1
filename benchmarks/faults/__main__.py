"""``python -m benchmarks.faults [--short]``: what is lost when everything breaks while people work.

Answers over HTTP, an ingest, a release and a training job go on while PostgreSQL and Redis are
restarted as after a crash and web and worker processes are killed with -9. All servers are the
run's own, on loopback, in a folder of its own. Ends with 1 if anything acknowledged was lost.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.faults.plan import FULL, SHORT
from benchmarks.faults.running import run_faults
from benchmarks.faults.servers import NotRunnable


def main() -> int:
    """Run, print the counts, and say what was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="a few hundred answers, about a minute"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep logs and records in DIR")
    options = parser.parse_args()
    size = SHORT if options.short else FULL
    with tempfile.TemporaryDirectory(prefix="harken-faults-") as temporary:
        Path(temporary).chmod(0o755)  # PostgreSQL's own user must get to its folder
        folder = options.keep or Path(temporary) / "run"
        try:
            report = run_faults(folder, size, seed=options.seed, say=_say)
        except NotRunnable as error:
            print(error, file=sys.stderr)
            return 2
    print(f"\n{report.seconds:.0f} s, seed {options.seed}, load {os.getloadavg()[0]:.1f}")
    for name, count in report.counts.items():
        print(f"{count:>8,}  {name}")
    for sentence in report.wrong:
        print(f"WRONG: {sentence}")
    print("Nothing was lost or doubled." if not report.wrong else f"{len(report.wrong)} wrong.")
    return 1 if report.wrong else 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
