"""``audit_noise --collection NAME [--json FILE]``: labels confirmed, rejected and added."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.labels.noise import audit_labels, describe_noise
from datasets_app.management.stage_command import (
    StageCommand,
    add_collection_argument,
    get_collection,
)


class Command(StageCommand):
    """Audit the noise of a collection's labels."""

    help = "Share of proposed labels confirmed and rejected, and of labels added, with intervals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection and a file for the figures."""
        add_collection_argument(parser)
        parser.add_argument("--json", type=Path, metavar="FILE", dest="file")

    def run(self, *, collection: str, file: Path | None = None, **_: Any) -> None:
        """Compute, print, and write where asked."""
        found = audit_labels(collection=get_collection(collection))
        for line in describe_noise(found):
            self.say(line)
        if file is not None:
            text = json.dumps(found, indent=1, ensure_ascii=False)
            file.write_text(text + "\n", encoding="utf-8")
