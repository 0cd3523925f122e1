"""``update_ontology NAME [FILE] [--edges FILE] [--keywords FILE]``: change a loaded ontology."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.management.ontology_arguments import add_override_arguments
from datasets_app.management.ontology_diff import change_lines, effect_lines, label_effect
from datasets_app.management.stage_command import StageCommand
from datasets_app.ontology.changes import OntologyChanges
from datasets_app.ontology.models import Ontology
from datasets_app.ontology.selectors import get_ontology
from datasets_app.ontology.services import update_ontology
from datasets_app.ontology.source_files import read_source


class Command(StageCommand):
    """Say what changes and what that does to labels, then change it, whole or not at all."""

    help = "Change a loaded ontology; diff_ontology says beforehand what that would do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the ontology's name and the files with what is new."""
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE")
        add_override_arguments(parser)

    def run(
        self, *, name: str, file: Path | None, edges: Path | None, keywords: Path | None, **_: Any
    ) -> None:
        """Say, change, and tell what to do next."""
        ontology = get_ontology(name=name)
        source = read_source(classes=file, edges=edges, keywords=keywords)
        changes = update_ontology(
            ontology=ontology, source=source, on_changes=lambda c: self._tell(ontology, c)
        )
        if not changes.is_empty:
            self.say(f"Updated ontology {ontology}.")
            for collection in ontology.collections.order_by("name"):
                self.say(f"Next: nominate_labels --collection {collection}")

    def _tell(self, ontology: Ontology, changes: OntologyChanges) -> None:
        for line in change_lines(changes):
            self.say(line)
        for collection in [] if changes.is_empty else ontology.collections.order_by("name"):
            for line in effect_lines(label_effect(changes, collection), changes.names):
                self.say(line)
