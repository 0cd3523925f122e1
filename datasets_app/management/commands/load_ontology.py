"""``load_ontology FILE``: load AudioSet's published JSON or Harken's own superset of it."""

import hashlib
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.management.stage_command import StageCommand
from datasets_app.ontology.services import load_ontology


class Command(StageCommand):
    """Load an ontology, whole or not at all."""

    help = "Load an ontology from a JSON file in AudioSet's published form."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and, optionally, a name for the ontology."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", help="name of the ontology; default: the file's stem")

    def run(self, *, file: Path, name: str | None, **_: Any) -> None:
        """Read the file and load it."""
        content = file.read_bytes()
        try:
            data = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{file} is not JSON: {error}.") from error
        ontology, created = load_ontology(
            name=name or file.stem,
            data=data,
            source_sha256=hashlib.sha256(content).hexdigest(),
        )
        verb = "Loaded" if created else "Already loaded:"
        self.say(f"{verb} ontology {ontology} with {ontology.classes.count()} classes.")
