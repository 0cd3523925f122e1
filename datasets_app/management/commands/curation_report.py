"""``curation_report --collection NAME --out FILE.html``: where labels can be trusted."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.management.stage_command import (
    StageCommand,
    add_collection_argument,
    get_collection,
)
from datasets_app.votes.agreement import report_agreement


class Command(StageCommand):
    """Write the curation report of a collection."""

    help = "One HTML file: class counts, agreement, decisions, noise and the split, with figures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection, the file, and the seed of the bootstrap."""
        add_collection_argument(parser)
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")
        parser.add_argument("--seed", type=int, default=0)

    def run(self, *, collection: str, out: Path, seed: int = 0, **_: Any) -> None:
        """Gather, write, and say where."""
        from datasets_app.reports.curation_report import write_curation_report  # plotly is slow

        found = get_collection(collection)
        _check_place(out)
        agreement = report_agreement(collection=found, seed=seed)
        self.say(str(write_curation_report(collection=found, agreement=agreement, out=out)))


def _check_place(out: Path) -> None:
    if out.is_dir():
        raise ValueError(f"{out} is a folder; give the name of a file in it, such as report.html.")
    if not out.parent.is_dir():
        raise ValueError(f"There is no folder {out.parent}; make it first, or name another.")
