"""``assign_splits --collection NAME``: dev and eval by uploader, train and val within dev."""

from argparse import ArgumentParser
from typing import Any

from datasets_app.management.stage_command import (
    StageCommand,
    add_collection_argument,
    get_collection,
)
from datasets_app.splits.services import SplitSettings, assign_splits, count_parts


class Command(StageCommand):
    """Assign a collection's clips."""

    help = "Assign clips to dev (train, val) and eval so that no uploader is on both sides."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection and the settings of a split."""
        add_collection_argument(parser)
        defaults = SplitSettings()
        parser.add_argument("--seed", type=int, default=defaults.seed)
        parser.add_argument("--eval-share", type=float, default=defaults.eval_share)
        parser.add_argument("--val-share", type=float, default=defaults.val_share)
        parser.add_argument("--min-dev", type=int, default=defaults.min_dev)
        parser.add_argument("--min-eval", type=int, default=defaults.min_eval)

    def run(self, *, collection: str, **options: Any) -> None:
        """Split and count."""
        names = SplitSettings.__dataclass_fields__
        chosen = SplitSettings(**{name: options[name] for name in names})
        split = assign_splits(collection=get_collection(collection), settings=chosen)
        parts = count_parts(split=split)
        self.say(
            f"Split {split.pk}: "
            + ", ".join(f"{parts.get(part, 0)} {part}" for part in ("train", "val", "eval"))
            + f"; {split.vocabulary.classes.count()} classes in the vocabulary, "
            f"{split.vocabulary.merges.count()} merged or left out."
        )
