"""``restore DIR``: put a backup where the settings point."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from datasets_app.management.stage_command import ProgressBar, StageCommand
from datasets_app.operations.layout import latest_backup
from datasets_app.operations.restore import restore


class Command(StageCommand):
    """Restore the latest backup of a folder, or the one named."""

    help = "Restore into DATABASE_URL and HARKEN_VAR_DIR; both must be empty. Stop the site first."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, and which backup."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--backup", metavar="STAMP", help="instead of the latest")
        parser.add_argument(
            "--replace", action="store_true", help="lose what the database holds; write over files"
        )

    def run(self, *, folder: Path, backup: str | None, replace: bool, **_: Any) -> None:
        """Restore, and say what remains to be done."""
        bar = ProgressBar("checking, restoring", "file")
        place = latest_backup(folder.resolve(), backup)
        found = restore(folder=folder.resolve(), place=place, replace=replace, on_progress=bar.show)
        bar.close()
        self.say(
            f"{place} is restored: {sum(found.description.counts.values())} records, "
            f"{found.description.n_files} files."
        )
        if found.migrations_to_apply:
            self.say("This Harken is newer than the backup: run `python manage.py migrate` now.")
