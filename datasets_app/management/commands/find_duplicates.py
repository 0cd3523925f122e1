"""``find_duplicates --collection NAME``: group the clips that hold the same sound."""

from argparse import ArgumentParser
from typing import Any

from datasets_app.clips.duplicates import group_duplicates
from datasets_app.management.stage_command import (
    ProgressBar,
    StageCommand,
    add_collection_argument,
    get_collection,
)


class Command(StageCommand):
    """Find a collection's near-duplicates."""

    help = "Group clips that hold the same sound; a split keeps them on one side."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection, and whether to forget the groups from before."""
        add_collection_argument(parser)
        parser.add_argument("--afresh", action="store_true", help="forget the groups from before")

    def run(self, *, collection: str, afresh: bool, **_: Any) -> None:
        """Group, list and count."""
        bar = ProgressBar("reading fingerprints", "clip")
        named = get_collection(collection)
        found = group_duplicates(collection=named, afresh=afresh, on_progress=bar.show)
        bar.close()
        for group in found.groups:
            self.say(f"{', '.join(group.clip_ids)} (by {', '.join(group.uploaders)})")
        self.say(
            f"{found.n_grouped} of {found.n_clips} clips are near-duplicates, in "
            f"{len(found.groups)} groups; {found.n_changed} clips changed group, "
            f"{found.n_without_fingerprint} have no fingerprint."
        )
