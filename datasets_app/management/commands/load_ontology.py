"""``load_ontology FILE``: load AudioSet's published JSON or Harken's own superset of it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.management.ontology_arguments import add_override_arguments
from datasets_app.management.stage_command import StageCommand
from datasets_app.ontology.selectors import count_graph
from datasets_app.ontology.services import load_ontology
from datasets_app.ontology.source_files import read_source


class Command(StageCommand):
    """Load an ontology, whole or not at all."""

    help = "Load an ontology from a JSON file in AudioSet's published form."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, what overrides it and, optionally, a name for the ontology."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", help="name of the ontology; default: the file's stem")
        add_override_arguments(parser)

    def run(
        self, *, file: Path, name: str | None, edges: Path | None, keywords: Path | None, **_: Any
    ) -> None:
        """Read the files and load them."""
        source = read_source(classes=file, edges=edges, keywords=keywords)
        ontology, created = load_ontology(
            name=name or file.stem,
            data=source.data,
            source_sha256=source.sha256,
            edges=source.edges,
            keywords=source.keywords,
        )
        verb = "Loaded" if created else "Already loaded:"
        counts = count_graph(ontology=ontology)
        self.say(
            f"{verb} ontology {ontology} with {counts.n_classes} classes, {counts.n_edges} edges "
            f"({counts.n_still} not propagating) and {counts.n_rules:,} keyword rules."
        )
        if ontology.source_sha256 != source.sha256:
            self.say("It was changed since by update_ontology and is left as it is.")
