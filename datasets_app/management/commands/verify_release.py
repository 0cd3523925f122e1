"""``verify_release DIR``: check a release folder from itself alone."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets_app.management.stage_command import ProgressBar
from datasets_app.releases.verification import check_release


class Command(BaseCommand):
    """Say what was checked; exit status 1 and the list when something is wrong."""

    help = "Check a release: hashes, uploaders on one side, labels closed under propagation."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder."""
        parser.add_argument("folder", type=Path, metavar="DIR")

    def handle(self, *, folder: Path, **_: Any) -> None:
        """Check and report."""
        bar = ProgressBar("verifying", "file")
        found = check_release(folder, on_file=bar.show)
        bar.close()
        if found.problems:
            listed = "\n".join(f"  {problem}" for problem in found.problems)
            raise CommandError(f"{folder} is not a sound release:\n{listed}")
        self.stdout.write(
            f"{found.name} is sound: {found.n_files} files ({found.n_bytes / 1e6:.1f} MB) with "
            f"their sha256; {found.n_clips} clips, each with its recording and licence; "
            f"{found.n_uploaders} uploaders, none on both sides; {found.n_labels} labels over "
            f"{found.n_classes} classes, closed under propagation."
        )
