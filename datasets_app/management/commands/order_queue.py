"""``order_queue --collection NAME --by ORDER``: which open nominations people meet first."""

from argparse import ArgumentParser
from typing import Any

from datasets_app.clips.models import QueueOrder
from datasets_app.jobs.queue_order import set_queue_order
from datasets_app.management.stage_command import (
    StageCommand,
    add_collection_argument,
    get_collection,
)


class Command(StageCommand):
    """Choose the order of a collection's queue."""

    help = "Order the annotators' queue by the standard rule or by what the models say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection and the order."""
        add_collection_argument(parser)
        parser.add_argument("--by", required=True, choices=QueueOrder.values)

    def run(self, *, collection: str, by: str, **_: Any) -> None:
        """Write the order and count."""
        found = get_collection(collection)
        n_changed = set_queue_order(collection=found, order=QueueOrder(by))
        self.say(f"The queue asks first for {QueueOrder(by).label}: {n_changed} places changed.")
