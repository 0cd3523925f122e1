"""``nominate_labels --collection NAME [--fields tags,title]``: propose labels by keywords."""

from argparse import ArgumentParser
from typing import Any

from datasets_app.management.nomination_arguments import add_fields_argument
from datasets_app.management.stage_command import (
    ProgressBar,
    StageCommand,
    add_collection_argument,
    get_collection,
)
from datasets_app.nominations.services import nominate_labels


class Command(StageCommand):
    """Apply the ontology's keyword rules to a collection."""

    help = "Nominate classes for clips by the ontology's keyword rules."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection and where to look for words."""
        add_collection_argument(parser)
        add_fields_argument(parser)

    def run(self, *, collection: str, fields: list[str], **_: Any) -> None:
        """Nominate and count."""
        target = get_collection(collection)
        bar = ProgressBar("nominating", "clip")
        try:
            summary = nominate_labels(collection=target, fields=fields, on_progress=bar.show)
        finally:
            bar.close()
        if not summary.n_classes_with_rules:
            self.stderr.write(
                "No class of this ontology has keyword rules, so nothing could be nominated; "
                "votes can still be imported, and a model can nominate."
            )
        self.say(
            f"{summary.n_added} nominations added and {summary.n_withdrawn} withdrawn on "
            f"{summary.n_clips} clips by the rules of {summary.n_classes_with_rules} classes; "
            f"{summary.n_clips_out_of_bounds} clips are too short or too long."
        )
