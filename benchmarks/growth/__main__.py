"""``python -m benchmarks.growth [--sizes N …]``: what pages and lists cost as a collection grows.

Needs PostgreSQL (``DATABASE_URL``, a user who may create databases). ``--publish`` writes
``benchmarks/results/growth.md``, which docs/scale.md refers to.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.annotators.report import load_now
from benchmarks.databases import NotMeasurable, own_database
from benchmarks.growth.plan import SIZES, Visit
from benchmarks.growth.report import Measured, write_growth
from benchmarks.growth.tables import Table, table_sizes
from benchmarks.machine import machine_facts

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"


def main() -> int:
    """Measure each size in a database of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--publish", action="store_true", help="write the results git keeps")
    options = parser.parse_args()
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        print("This benchmark needs PostgreSQL; name it in DATABASE_URL.", file=sys.stderr)
        return 2
    load: dict[str, str] = {"load before": load_now()}
    visits: list[Visit] = []
    filled: dict[int, float] = {}
    tables: dict[str, Table] = {}
    try:
        for n in options.sizes:
            with own_database(url) as (_, own_url), tempfile.TemporaryDirectory() as folder:
                began_s = time.monotonic()
                _run("population", n, own_url, folder)
                filled[n] = time.monotonic() - began_s
                visits += _visits(_run("visiting", n, own_url, folder))
                tables = table_sizes(own_url)
    except NotMeasurable as error:
        print(error, file=sys.stderr)
        return 2
    load["load after"] = load_now()
    stem = RESULTS / ("growth" if options.publish else "growth.local")
    facts = machine_facts("postgresql", url)
    measured = Measured({**facts, **load}, visits, filled, tables)
    print(write_growth(stem, measured))
    return 0


def _run(module: str, n: int, url: str, folder: str) -> str:
    environment = os.environ | {
        "DATABASE_URL": url,
        "HARKEN_VAR_DIR": folder,
        "HARKEN_ENV_FILE": os.devnull,
        "CELERY_BROKER_URL": "filesystem://",
        "LOG_LEVEL": "ERROR",
        "API_REQUESTS_PER_MINUTE": "1000000",
    }
    print(f"{module} at {n:,}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.growth.{module}", str(n)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotMeasurable(f"{module} at {n:,} ended with {done.returncode}; see above.")
    return done.stdout


def _visits(printed: str) -> Sequence[Visit]:
    return [Visit(**json.loads(line)) for line in printed.splitlines()]


if __name__ == "__main__":
    sys.exit(main())
