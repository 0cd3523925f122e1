"""``import_votes FILE --collection NAME``: bring in answers given elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.management.stage_command import (
    StageCommand,
    add_collection_argument,
    get_collection,
)
from datasets_app.votes.importing import import_votes


class Command(StageCommand):
    """Import votes, all of a file or nothing of it."""

    help = "Import annotator,clip_id,mid,answer rows; faulty lines are listed, none half-imported."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and the collection."""
        parser.add_argument("file", type=Path)
        add_collection_argument(parser)

    def run(self, *, file: Path, collection: str, **_: Any) -> None:
        """Import and count."""
        summary = import_votes(collection=get_collection(collection), path=file)
        self.say(
            f"{summary.n_added} votes added, {summary.n_revised} revised, {summary.n_unchanged} "
            f"unchanged, from {summary.n_annotators} annotators; {summary.n_nominations} "
            "nominations created."
        )
