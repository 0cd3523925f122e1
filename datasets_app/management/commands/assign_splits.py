"""``assign_splits --collection NAME``: dev and eval by uploader, train and val within dev."""

from argparse import ArgumentParser
from typing import Any

from datasets_app.management.stage_command import (
    StageCommand,
    add_collection_argument,
    get_collection,
)
from datasets_app.splits.models import TrainValStrategy
from datasets_app.splits.selectors import describe_split, get_latest_split
from datasets_app.splits.services import assign_splits, continue_latest_split
from datasets_app.splits.settings import SplitSettings, settings_of

SETTINGS = (
    ("--seed", int),
    ("--eval-share", float),
    ("--val-share", float),
    ("--min-dev", int),
    ("--min-eval", int),
)
WISHES = (
    ("--pin", "MID|NAME", "keep this class, however few clips it has"),
    ("--forbid", "MID|NAME", "never keep this class"),
    ("--merge", "CHILD=INTO", "give the labels of one class to another"),
)


class Command(StageCommand):
    """Assign a collection's clips."""

    help = "Assign clips to dev (train, val) and eval so that no uploader is on both sides."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection and the settings of a split."""
        add_collection_argument(parser)
        parser.add_argument(
            "--continue",
            dest="is_continued",
            action="store_true",
            help="let new clips join the latest split; settings not given are as recorded there",
        )
        default = SplitSettings()
        for option, kind in SETTINGS:
            value = getattr(default, option.lstrip("-").replace("-", "_"))
            parser.add_argument(option, type=kind, help=f"default {value}")
        parser.add_argument(
            "--strategy", choices=list(TrainValStrategy), help=f"default {default.strategy}"
        )
        for option, metavar, meaning in WISHES:
            parser.add_argument(
                option, action="append", metavar=metavar, help=f"{meaning}; may be repeated"
            )

    def run(self, *, collection: str, is_continued: bool, **options: Any) -> None:
        """Split, count, and show the three strategies."""
        target = get_collection(collection)
        settings = SplitSettings()
        if is_continued:
            settings = settings_of(get_latest_split(collection=target))
        divide = continue_latest_split if is_continued else assign_splits
        split = divide(collection=target, settings=settings.with_options(options))
        for line in describe_split(split=split):
            self.say(line)
