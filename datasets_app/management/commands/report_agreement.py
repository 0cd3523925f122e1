"""``report_agreement --collection NAME [--json FILE]``: how far annotators agree."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.management.stage_command import (
    StageCommand,
    add_collection_argument,
    get_collection,
)
from datasets_app.votes.agreement import describe_agreement, report_agreement


class Command(StageCommand):
    """Report Krippendorff's α and raw agreement."""

    help = "Krippendorff's α and raw agreement, overall, per class and per annotator."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection, a file for the figures, and the seed of the bootstrap."""
        add_collection_argument(parser)
        parser.add_argument("--json", type=Path, metavar="FILE")
        parser.add_argument("--seed", type=int, default=0)

    def run(self, *, collection: str, json: Path | None, seed: int, **_: Any) -> None:
        """Compute, print, and write where asked."""
        report = report_agreement(collection=get_collection(collection), seed=seed)
        for line in describe_agreement(report):
            self.say(line)
        if json is not None:
            json.write_text(_as_json(report), encoding="utf-8")


def _as_json(report: dict[str, Any]) -> str:
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"
