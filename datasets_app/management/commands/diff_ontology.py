"""``diff_ontology OLD NEW [--collection NAME]``: what a change would do, with nothing written."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.management.ontology_arguments import (
    add_override_arguments,
    new_classes,
    old_classes,
)
from datasets_app.management.ontology_diff import (
    change_lines,
    diff_record,
    effect_lines,
    label_effect,
)
from datasets_app.management.stage_command import StageCommand, get_collection
from datasets_app.ontology.changes import compare_ontologies


class Command(StageCommand):
    """Compare two ontologies, or one with what files would make of it."""

    help = "Say what changes from OLD to NEW and what that does to existing labels."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the two, what overrides the second, and the collection to look at."""
        parser.add_argument("old", metavar="OLD", help="a loaded ontology or a file")
        parser.add_argument("new", metavar="NEW", nargs="?", help="another; or give --edges …")
        add_override_arguments(parser)
        parser.add_argument("--collection", metavar="NAME", help="whose labels to look at")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write all of it there")

    def run(self, *, old: str, new: str | None, collection: str | None, **options: Any) -> None:
        """Compare, say, and write where asked."""
        edges, keywords, file = options["edges"], options["keywords"], options["json"]
        before = old_classes(old)
        after = new_classes(new, before, edges=edges, keywords=keywords)
        changes = compare_ontologies(before, after)
        effects = [label_effect(changes, get_collection(collection))] if collection else []
        for line in change_lines(changes):
            self.say(line)
        for effect in effects:
            for line in effect_lines(effect, changes.names):
                self.say(line)
        if file is not None:
            text = json.dumps(diff_record(changes, effects), indent=1, ensure_ascii=False)
            file.write_text(text + "\n", encoding="utf-8")
