"""``retry_job J``: send a failed or cancelled job again."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from datasets_app.jobs.control import retry_job
from datasets_app.management.job_command import JobCommand
from datasets_app.management.stage_command import get_run


class Command(JobCommand):
    """Try a job again; it goes on from its checkpoint where it has one."""

    help = "Send a failed or cancelled job again, and follow it to its end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the job and whether to forget what it had done."""
        parser.add_argument("job", type=UUID, metavar="J")
        parser.add_argument("--from-start", action="store_true")

    def run(self, *, job: UUID, from_start: bool, **_: Any) -> None:
        """Retry and follow."""
        found = get_run(job)
        retry_job(job=found, actor=None, from_start=from_start)
        self.say(f"{self.follow(found, found.kind)} {found.state}.")
