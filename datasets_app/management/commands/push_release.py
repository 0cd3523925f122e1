"""``push_release --release V``: bring a release into the object storage of STORAGE_URL."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from datasets_app.management.stage_command import (
    ProgressBar,
    StageCommand,
    add_release_arguments,
    get_release,
)
from datasets_app.releases.storage.pushing import push_release, verify_stored_release


class Command(StageCommand):
    """Upload, or read back what was uploaded."""

    help = "Upload a release to object storage; run again, it goes on where it stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the release."""
        add_release_arguments(parser)
        parser.add_argument(
            "--verify", action="store_true", help="upload nothing; read everything back"
        )

    def run(self, *, release: str, collection: str | None, verify: bool, **_: Any) -> None:
        """Upload or verify, and say what is there."""
        found = get_release(release, collection)
        bar = ProgressBar("reading back" if verify else "uploading", "file")
        if verify:
            problems = verify_stored_release(release=found, on_progress=bar.show)
            bar.close()
            if problems:
                raise CommandError("The stored release is not sound:\n  " + "\n  ".join(problems))
            self.say(f"Release {release} is sound in {found.stored_under}: every sha256 is right.")
            return
        place = push_release(release=found, on_progress=bar.show)
        bar.close()
        self.say(f"Release {release} is in {place}, read back; downloads are sent there.")
