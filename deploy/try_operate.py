#!/usr/bin/env python3
"""Runs the steps of docs/operate.md on this machine, looks whether the site works, and leaves.

::

    python deploy/try_operate.py            the interpreter at hand, about a minute
    python deploy/try_operate.py --fresh    makes the virtual environment as the page says
    python deploy/try_operate.py --keep     leaves the site running and says where

For root on a Debian machine that may install packages. Everything is private to the run: a folder
below /tmp, the user, role and database ``harken_operate_try``, Redis database 13, free ports. What
has these names is removed first and last. Exit status 0 only when every step and check passed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from trying.page import read_steps
from trying.place import clear_away, make_place
from trying.site_checks import check_site
from trying.steps import run_steps

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the page; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--fresh", action="store_true", help="make the virtual environment anew")
    parser.add_argument("--keep", action="store_true", help="leave the site running")
    options = parser.parse_args(arguments)
    if os.geteuid() != 0:
        parser.error("the page's steps are for root")
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # clears away, as Ctrl-C does
    place = make_place(Path(tempfile.mkdtemp(prefix="harken-operate-")))
    clear_away(place, folder=False)
    failed = True
    try:
        run_steps(read_steps(ROOT / "docs/operate.md"), place, fresh=options.fresh)
        n_checks = check_site(place)
        failed = False
        print(f"{n_checks} passed, 0 failed in {time.monotonic() - began:.0f} s")
    except AssertionError as error:
        print(f"FAILED: {error}\n{place.tail_of_logs()}", file=sys.stderr)
    finally:
        if options.keep and not failed:
            print(f"The site stays at https://{place.site}:{place.https_port}/ in {place.folder}.")
        else:
            clear_away(place)
            shutil.rmtree(place.folder, ignore_errors=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
