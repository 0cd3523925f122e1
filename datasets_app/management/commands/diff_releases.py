"""``diff_releases COLLECTION OLD NEW [--out FILE.csv]``: what changed, and why."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError

from datasets_app.clips.models import Collection
from datasets_app.management.stage_command import ProgressBar, StageCommand, get_collection
from datasets_app.releases.differences.description import describe_difference
from datasets_app.releases.differences.export import write_changes
from datasets_app.releases.differences.stored import open_difference, store_difference
from datasets_app.releases.models import Release


class Command(StageCommand):
    """Compare two releases of a collection, with the cause of every changed label."""

    help = (
        "Clips, labels, splits and classes that changed between two releases, each with its cause."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the collection, two versions, and a file for every change."""
        parser.add_argument("collection", metavar="COLLECTION")
        parser.add_argument("old", metavar="OLD")
        parser.add_argument("new", metavar="NEW")
        parser.add_argument("--out", type=Path, metavar="FILE.csv")

    def run(self, *, collection: str, old: str, new: str, out: Path | None, **_: Any) -> None:
        """Work the difference out, say it, and write every change where asked."""
        found = get_collection(collection)
        before, now = _get_release(found, old), _get_release(found, new)
        bar = ProgressBar("comparing", "clip")
        store_difference(before, now, on_progress=bar.show)
        bar.close()
        with open_difference(before, now) as database:
            for line in describe_difference(database, before, now):
                self.say(line)
            if out is not None:
                self.say(f"{write_changes(database, out):,} lines in {out}.")


def _get_release(collection: Collection, version: str) -> Release:
    release = collection.releases.filter(version=version).first()
    if release is None:
        known = ", ".join(collection.releases.order_by("pk").values_list("version", flat=True))
        raise CommandError(
            f"{collection.name} has no release {version!r}; "
            + (f"there are: {known}." if known else "build_release makes the first one.")
        )
    return release
