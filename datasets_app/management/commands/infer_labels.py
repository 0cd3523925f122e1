"""``infer_labels --collection NAME``: decide nominations from their votes."""

from argparse import ArgumentParser
from typing import Any

from datasets_app.clips.models import DecisionMethod
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
        """Take the collection and, to change it, how its votes become labels."""
        add_collection_argument(parser)
        parser.add_argument("--method", choices=DecisionMethod.values, help="default: as last time")

    def run(self, *, collection: str, method: str | None, **_: Any) -> None:
        """Decide and count."""
        summary = infer_labels(
            collection=get_collection(collection),
            method=DecisionMethod(method) if method else None,
        )
        states = ", ".join(f"{n} {state}" for state, n in sorted(summary.n_by_state.items()))
        values = ", ".join(f"{n} {value}" for value, n in sorted(summary.n_by_value.items()))
        self.say(
            f"{summary.n_nominations} nominations with votes: {states or 'none'}. "
            f"Decided: {values or 'none'}. {summary.n_changed} labels changed; "
            f"{summary.n_wanted} more answers wanted."
        )
