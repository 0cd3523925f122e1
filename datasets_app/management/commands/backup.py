"""``backup DIR``: save the database and every file that belongs to it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from datasets_app.management.stage_command import ProgressBar, StageCommand
from datasets_app.operations.backup import back_up, first_problems, verify_backup
from datasets_app.operations.layout import latest_backup
from datasets_app.operations.pruning import prune_backups


class Command(StageCommand):
    """Write a backup, or read the latest one."""

    help = "Save database, media, jobs and releases into DIR while the site works."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--keep", type=int, metavar="N", help="delete all but the latest N")
        parser.add_argument(
            "--verify", action="store_true", help="write nothing; read all of the latest backup"
        )

    def run(self, *, folder: Path, verify: bool, keep: int | None, **_: Any) -> None:
        """Write or verify, and say what is there; what is damaged ends in exit status 1."""
        bar = ProgressBar("verifying" if verify else "saving", "file")
        if verify:
            place = latest_backup(folder.resolve())
            problems = verify_backup(folder=folder.resolve(), place=place, on_progress=bar.show)
            said = f"{place} is sound: the database and every file were read."
        else:
            place, made = back_up(folder=folder.resolve(), on_progress=bar.show)
            problems = made.problems
            said = f"{place} holds the database and {made.n_files} files ({made.n_bytes} bytes)."
        bar.close()
        if problems:
            state = "is not sound" if verify else "is complete, but"
            raise CommandError(f"{place} {state}:\n{first_problems(problems)}")
        self.say(said)
        if keep is not None and not verify:
            self.say(f"Deleted {prune_backups(folder=folder.resolve(), keep=keep)} older backups.")
