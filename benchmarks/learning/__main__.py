"""``python -m benchmarks.learning``: features, data loading and similar sounds beside their peers.

Nothing here passes or fails by its speed. Results go to ``benchmarks/results/``, by default to
files that git ignores; ``--publish`` writes those under version control.
"""

import argparse
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from benchmarks.learning.plan import PREFIX, chosen_lines
from benchmarks.learning.running import run_lines
from benchmarks.running import BenchmarkFailed

RESULTS = Path(__file__).parents[1] / "results"


def main() -> int:
    """Run the lines; return the exit status."""
    options = _arguments()
    names = chosen_lines(options.only)
    if not names:
        print(f"No line begins so; they all begin with {PREFIX!r}.", file=sys.stderr)
        return 1
    if find_spec("librosa") is None:
        print("The peer librosa is missing; install harken[bench].", file=sys.stderr)
        return 1
    stem = RESULTS / (PREFIX if options.publish else f"{PREFIX}.local")
    try:
        with tempfile.TemporaryDirectory(prefix="harken-bench-", dir=options.dir) as folder:
            run_lines(Path(folder), names, stem)
    except BenchmarkFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; what had not ended was not kept.", file=sys.stderr)
        return 130
    print(f"Written: {stem.parent.name}/{stem.name}.md and .json")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[""], metavar="LINE", help="that begin so")
    parser.add_argument("--dir", type=Path, help="where the run's temporary folder goes")
    parser.add_argument("--publish", action="store_true", help="write the results git keeps")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
