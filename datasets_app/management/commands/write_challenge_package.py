"""``write_challenge_package CHALLENGE``: write what participants download, again or for once."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from datasets_app.challenges.models import Challenge
from datasets_app.challenges.package import write_package
from datasets_app.management.stage_command import ProgressBar, StageCommand


class Command(StageCommand):
    """Write a challenge's package."""

    help = "Write the package that a challenge's participants download."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the challenge."""
        parser.add_argument("challenge", type=UUID, metavar="CHALLENGE")

    def run(self, *, challenge: UUID, **_: Any) -> None:
        """Write it and say where it is."""
        found = Challenge.objects.select_related("release").filter(uuid=challenge).first()
        if found is None:
            raise CommandError(f"There is no challenge {challenge}; its page's address ends in it.")
        bar = ProgressBar("packing", "clip")
        path = write_package(challenge=found, on_progress=bar.show)
        bar.close()
        self.say(f"{path}: {found.package_bytes} bytes, sha256 {found.package_sha256}.")
