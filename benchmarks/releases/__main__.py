"""``python -m benchmarks.releases``: build releases of metadata in every format and time them.

Each size has a synthetic collection in a PostgreSQL database of the run's own and a process of its
own, so that its peak memory is its own. Without ``--publish`` the results go to files that git
ignores.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.databases import own_database
from benchmarks.machine import machine_facts
from benchmarks.releases.report import HEADER, row_text, verdict_text, write_results
from benchmarks.running import ROOT, BenchmarkFailed

SIZES = (10_000, 51_200, 200_000)
POSTGRESQL = "postgresql://postgres@127.0.0.1:5432/postgres"
RESULTS = ROOT / "benchmarks" / "results"


def main() -> int:
    """Run every size; return the exit status."""
    options = _arguments()
    url = os.environ.get("DATABASE_URL", "")
    url = url if url.startswith("postgres") else POSTGRESQL
    try:
        found, facts = _measure_all(options, url)
    except BenchmarkFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing was kept.", file=sys.stderr)
        return 130
    print(verdict_text(found), flush=True)
    stem = RESULTS / ("releases" if options.publish else "releases.local")
    write_results(stem, facts=facts, found=found)
    print(f"Written: {stem.parent.name}/{stem.name}.md and .json")
    return 0


def _measure_all(
    options: argparse.Namespace, url: str
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    facts = machine_facts("postgresql", url)
    facts["load when it began"] = _load()
    print("; ".join(f"{name} {value}" for name, value in facts.items()), flush=True)
    print(HEADER, flush=True)
    found = []
    for n_clips in options.clips:
        with (
            tempfile.TemporaryDirectory(prefix="harken-bench-", dir=options.dir) as folder,
            own_database(url) as (_, own),
        ):
            found.append(_measure(n_clips, Path(folder), own))
        print(row_text(found[-1]), flush=True)
    facts["load when it ended"] = _load()
    return found, facts


def _measure(n_clips: int, folder: Path, url: str) -> dict[str, Any]:
    """Make the collection in one process, then build and verify its release in two others."""
    environment = os.environ | {
        "HARKEN_VAR_DIR": str(folder),
        "HARKEN_ENV_FILE": os.devnull,
        "DATABASE_URL": url,
        "LOG_LEVEL": "WARNING",
    }
    measured: dict[str, Any] = {"n_clips": n_clips, "load": _load()}
    for step in ("populate", "build", "verify"):
        command = [sys.executable, "-m", "benchmarks.releases.step", step, str(folder)]
        status = subprocess.run(
            [*command, str(n_clips)], cwd=ROOT, env=environment, check=False
        ).returncode
        if status:
            raise BenchmarkFailed(f"{step} of {n_clips:,} clips ended with status {status}.")
        measured[step] = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    return measured


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.releases", description=__doc__)
    parser.add_argument("--clips", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--dir", type=Path, help="where the run's temporary folder goes")
    parser.add_argument("--publish", action="store_true", help="write the results git keeps")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
