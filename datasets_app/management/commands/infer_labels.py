"""``infer_labels --collection NAME``: decide nominations from their votes."""

from argparse import ArgumentParser
from typing import Any

from datasets_app.labels.services import infer_labels
from datasets_app.management.stage_command import (
    StageCommand,
    add_collection_argument,
    get_collection,
)


class Command(StageCommand):
    """Apply the decision rule to a collection."""

    help = "Decide every nomination that has votes; incomplete and conflicted are kept apart."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection."""
        add_collection_argument(parser)

    def run(self, *, collection: str, **_: Any) -> None:
        """Decide and count."""
        summary = infer_labels(collection=get_collection(collection))
        states = ", ".join(f"{n} {state}" for state, n in sorted(summary.n_by_state.items()))
        values = ", ".join(f"{n} {value}" for value, n in sorted(summary.n_by_value.items()))
        self.say(
            f"{summary.n_nominations} nominations with votes: {states or 'none'}. "
            f"Decided: {values or 'none'}. {summary.n_changed} labels changed."
        )
