"""``publish_release --release V``: let everybody download a release, or only members again."""

from argparse import ArgumentParser
from typing import Any

from datasets_app.management.stage_command import StageCommand, add_release_arguments, get_release
from datasets_app.releases.publishing import publish_release, withdraw_publication


class Command(StageCommand):
    """Open a release to everybody, or close it."""

    help = "Let everybody download a release; --withdraw keeps it to members again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the release and the direction."""
        add_release_arguments(parser)
        parser.add_argument("--withdraw", action="store_true", help="back to members only")

    def run(self, *, release: str, collection: str | None, withdraw: bool, **_: Any) -> None:
        """Change who may read it, and say so."""
        found = get_release(release, collection)
        name = f"{found.collection.name} {found.version}"
        if withdraw:
            withdraw_publication(release=found)
            self.say(f"Release {name} is now only for people who see its collection.")
        else:
            publish_release(release=found)
            self.say(f"Release {name} is now public: everybody can download it.")
