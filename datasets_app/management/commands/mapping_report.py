"""``mapping_report --collection NAME [--json FILE]``: how well keyword rules find their clips."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.management.nomination_arguments import add_fields_argument
from datasets_app.management.stage_command import (
    ProgressBar,
    StageCommand,
    add_collection_argument,
    get_collection,
)
from datasets_app.nominations.mapping import BAD_ABOVE, describe_mappings, report_mappings


class Command(StageCommand):
    """Report the mapping from words to each class, the worst first."""

    help = "Per class: clips matched, overlap with siblings, share of NP and U, idle rules."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection, where to look for words, what is bad, and a file for it all."""
        add_collection_argument(parser)
        add_fields_argument(parser)
        parser.add_argument("--bad-above", type=float, default=BAD_ABOVE, metavar="SHARE")
        parser.add_argument("--classes", type=int, default=20, metavar="N", help="how many to show")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write all of it there")

    def run(self, *, collection: str, fields: list[str], bad_above: float, **options: Any) -> None:
        """Report, and write where asked."""
        bar = ProgressBar("matching", "clip")
        try:
            report = report_mappings(
                collection=get_collection(collection),
                fields=fields,
                bad_above=bad_above,
                on_progress=bar.show,
            )
        finally:
            bar.close()
        for line in describe_mappings(report, n_classes=max(0, options["classes"])):
            self.say(line)
        if (file := options["json"]) is not None:
            text = json.dumps(report.as_record(), indent=1, ensure_ascii=False)
            file.write_text(text + "\n", encoding="utf-8")
