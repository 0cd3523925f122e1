"""``score_release --run R [--release V]``: a trained run's score of every clip and class."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from datasets_app.jobs.starting import start_scoring
from datasets_app.management.job_command import JobCommand
from datasets_app.management.stage_command import get_release, get_run


class Command(JobCommand):
    """Have the learning worker score a release."""

    help = "Score every clip of a release; a queue ordered by uncertainty follows the scores."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the run and, if it is not the run's own, the release."""
        parser.add_argument("--run", required=True, type=UUID, metavar="R")
        parser.add_argument("--release", metavar="V")
        parser.add_argument("--collection", metavar="NAME")

    def run(self, *, run: UUID, release: str | None, collection: str | None, **_: Any) -> None:
        """Score and count."""
        where = get_release(release, collection) if release else None
        job = self.follow(start_scoring(run=get_run(run), release=where), "scoring")
        self.say(f"Scores {job.uuid}: {job.summary['n_clips_scored']} clips; {job.out_dir}")
