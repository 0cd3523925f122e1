"""``prove_split --collection NAME --out FILE.csv``: on which side every group is."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.management.stage_command import (
    StageCommand,
    add_collection_argument,
    get_collection,
)
from datasets_app.splits.proof import write_proof
from datasets_app.splits.selectors import get_latest_split


class Command(StageCommand):
    """Prove a collection's latest split from its records."""

    help = "Write on which side every uploader and duplicate group is; status 1 if one is on both."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection and the file."""
        add_collection_argument(parser)
        parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv")

    def run(self, *, collection: str, out: Path, **_: Any) -> None:
        """Write the proof; refuse what does not hold."""
        split = get_latest_split(collection=get_collection(collection))
        proof = write_proof(split, out)
        proof.check()
        self.say(
            f"Split {split.pk}: none of {proof.n_uploaders} uploaders and "
            f"{proof.n_duplicate_groups} duplicate groups is in both dev and eval. {out}"
        )
