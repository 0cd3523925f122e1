"""``ingest_clips DIR --collection NAME``: take recordings in."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.clips.models import Collection
from datasets_app.clips.services import open_collection
from datasets_app.clips.table import read_clip_table
from datasets_app.jobs.ingest import ingest_rows
from datasets_app.management.stage_command import (
    ProgressBar,
    StageCommand,
    add_collection_argument,
)
from datasets_app.ontology.selectors import get_ontology


class Command(StageCommand):
    """Take a folder of recordings with its ``clips.csv`` into a collection."""

    help = "Add the recordings of DIR/clips.csv to a collection; broken ones are refused by name."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, the collection, and the ontology it is judged against."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        add_collection_argument(parser)
        parser.add_argument("--ontology", help="of a new collection, when several are loaded")

    def run(self, *, folder: Path, collection: str, ontology: str | None, **_: Any) -> None:
        """Ingest, then count what went in and what did not."""
        rows, refusals = read_clip_table(folder)  # before a collection is made for it
        target = Collection.objects.filter(name=collection).first()
        if target is None or ontology is not None:
            target = open_collection(name=collection, ontology=get_ontology(name=ontology))
        bar = ProgressBar("analysing", "clip")
        summary = ingest_rows(
            collection=target,
            folder=folder,
            rows=rows,
            on_progress=bar.show,
            on_untaken=self.say_no_worker("curation"),
        )
        bar.close()
        refusals = [*refusals, *summary.refusals]
        for refusal in refusals:
            self.stderr.write(f"refused {refusal.clip_id}: {refusal.reason}")
        self.say(
            f"{summary.n_added} clips added, {summary.n_known} were there already, "
            f"{len(refusals)} refused."
        )
