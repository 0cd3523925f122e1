"""``steering_report --collection NAME``: compute the board's costly figures anew."""

from argparse import ArgumentParser
from typing import Any

from datasets_app.labels.steering.report import refresh_steering_report
from datasets_app.management.stage_command import (
    StageCommand,
    add_collection_argument,
    get_collection,
)
from datasets_app.votes.activity import newest_counted


class Command(StageCommand):
    """Compute agreement and mapping for the board; the site starts it where it takes long."""

    help = "Compute the agreement and mapping that the board shows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection."""
        add_collection_argument(parser)

    def run(self, *, collection: str, **_: Any) -> None:
        """Compute and say of how many answers."""
        target = get_collection(collection)
        last_vote = newest_counted(collection=target)
        report = refresh_steering_report(collection=target, last_vote=last_vote)
        if report is None:
            self.say("Someone is computing it already; look at the board in a while.")
        else:
            self.say(f"{report.n_votes:,} answers in {report.seconds:.1f} s.")
